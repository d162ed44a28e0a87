"""Delimited text: delimiter, header, names, and rows that do not fit."""

from pathlib import Path

import pyarrow as pa
import pytest

from components.errors import InvalidSource
from components.ingest.delimited import delimited_rows


def read(file: Path, content: str, encoding: str = "utf-8") -> dict[str, list[str]]:
    file.write_text(content, encoding=encoding, newline="")
    columns: dict[str, list[str]] = pa.Table.from_batches(
        delimited_rows(file, encoding, "table").batches()
    ).to_pydict()
    return columns


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
        ("a,b\n1,2", {"a": ["1"], "b": ["2"]}),
        ("a,b\r\n1,2\r\n", {"a": ["1"], "b": ["2"]}),
        ("\n\r\n\na,b\n\n1,2\n\n", {"a": ["1"], "b": ["2"]}),
        ('" a ",b \n1,2\n', {"a": ["1"], "b": ["2"]}),
        (",b,\n1,2,3\n", {"column_0": ["1"], "b": ["2"], "column_2": ["3"]}),
        ('a,b\n"x\ny","p,""q"""\n', {"a": ["x\ny"], "b": ['p,"q"']}),
        ('"a\nb",c\n1,2\n', {"a\nb": ["1"], "c": ["2"]}),
        ('a,b\n1,5" pipe\n2,x\n', {"a": ["1", "2"], "b": ['5" pipe', "x"]}),
        ("1.5,x\n2.5,y\n", {"column_0": ["1.5", "2.5"], "column_1": ["x", "y"]}),
        ('a,b\n1,"last\n"', {"a": ["1"], "b": ["last\n"]}),
    ],
)
def test_cells_are_read_as_they_are_written(
    tmp_path: Path, content: str, expected: dict[str, list[str]]
) -> None:
    assert read(tmp_path / "table.csv", content) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings_are_decoded(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path / "table.csv", "ä,b\nß,1\n", encoding) == {"ä": ["ß"], "b": ["1"]}


def test_rows_can_be_read_twice(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    rows = delimited_rows(file, "utf-8", "table")
    assert list(rows.batches()) == list(rows.batches())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,b\n1,2\n3\n",
            r"header of table \(line 1\) has 2 cells; .*: row 3 has 1 .1 in all.*\n.*comma",
        ),
        ("\n\na,b\n1,2\n3\n", "row 5 has 1"),
        ('a,b\n"x\ny",2\n3\n', "row 3 has 1"),
        ('a,b\n1,"2\n3,4\n', "last cell of table, in row 2, begins with a quotation mark"),
        (
            'a,b\n1,"2\n' + "3,4\n" * 6_000_000,
            "cannot be read on after its first 1 rows: .*\nLook there for a quotation",
        ),
    ],
)
def test_rows_that_do_not_fit_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        read(tmp_path / "table.csv", content)


def test_ragged_rows_are_numbered_across_blocks(tmp_path: Path) -> None:
    row = "1," + "x" * 98 + "\n"
    with pytest.raises(InvalidSource, match=r": row 100002 has 1, row 100004 has 3 \(2 in all\)"):
        read(tmp_path / "table.csv", "a,b\n" + row * 100_000 + "1\n" + row + "1,2,3\n")
