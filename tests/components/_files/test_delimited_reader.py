from pathlib import Path

import pyarrow as pa
import pytest

from components._files.delimited_reader import DelimitedFile, DelimitedReader
from components._files.file_records import Delimiter, FileRecord
from components._files.layout import Layout
from components._files.sums import ColumnSums
from components.errors import InvalidSource

HEADER = FileRecord(1, ["x", "y"])


def make_reader(
    path: Path, content: str, delimiter: str = ",", skip_footer: int | None = None
) -> DelimitedReader:
    path.write_text(content, newline="")
    layout = Layout(HEADER, HEADER.cells, None, (HEADER.cells,), (), ())
    return DelimitedReader(
        DelimitedFile(path, "table", "utf-8", Delimiter(delimiter), layout, ["x", "y"], 1, False, skip_footer)
    )


def return_no_sums(_: int, columns: object) -> ColumnSums:
    return [[(0.0, 0), (0.0, 0)] for _ in columns]  # type: ignore[attr-defined]


@pytest.mark.parametrize("delimiter", [",", "::"])
def test_rows_that_fit_are_read_and_others_collected(tmp_path: Path, delimiter: str) -> None:
    content = "x,y\n1,a\n2\n3,c\n".replace(",", delimiter)
    reader = make_reader(tmp_path / "t", content, delimiter)
    table = pa.Table.from_batches(reader.iterate_batches())
    assert table.to_pydict() == {"x": ["1", "3"], "y": ["a", "c"]}
    assert reader.count_footers(table, 0, return_no_sums) == (0, [])
    with pytest.raises(InvalidSource, match=r"has 2 cells, but other rows .*: row 3 has 1 \(1 in total\)"):
        reader.check_rows()


def test_an_option_says_how_many_rows_at_the_end_are_left_out(tmp_path: Path) -> None:
    reader = make_reader(tmp_path / "t", "x,y\n1,a\n2,b\nthe end\n", skip_footer=2)
    table = pa.Table.from_batches(reader.iterate_batches())
    assert reader.count_footers(table, 0, return_no_sums) == (1, [])
    reader.check_rows()


def test_notes_at_the_end_are_found(tmp_path: Path) -> None:
    reader = make_reader(tmp_path / "t", "x,y\n1,a\n2,b\nSource: us\n")
    table = pa.Table.from_batches(reader.iterate_batches())
    n_footers, notices = reader.count_footers(table, 0, return_no_sums)
    assert n_footers == 0
    assert [notice.text for notice in notices] == ["The last row is left out: a note ('Source: us')."]


def test_a_cell_without_its_closing_mark_is_an_error(tmp_path: Path) -> None:
    reader = make_reader(tmp_path / "t", 'x,y\n1,a\n2,"b\n3,c\n')
    list(reader.iterate_batches())
    with pytest.raises(InvalidSource, match="last cell of table, in row 3, begins with a quotation mark"):
        reader.check_rows()


def test_a_row_that_is_longer_than_a_small_block_is_read_once_like_the_others(tmp_path: Path) -> None:
    lines = [f"{i},{'y' * 3_000_000 if i == 900 else 'y' * 2_000}" for i in range(1_000)]
    lines.insert(500, "too,many,cells")
    reader = make_reader(tmp_path / "t", "\n".join(["x,y", *lines, ""]))
    table = pa.Table.from_batches(reader.iterate_batches())
    assert table["x"].to_pylist() == [str(i) for i in range(1_000)]
    assert len(table["y"][900].as_py()) == 3_000_000
    assert reader.ragged.total == 1


def test_a_row_that_is_too_long_is_said(tmp_path: Path) -> None:
    lines = [f"{i},y" for i in range(300_000)] + [f"1,{'y' * 17_000_000}"]
    reader = make_reader(tmp_path / "t", "\n".join(["x,y", *lines, ""]))
    with pytest.raises(InvalidSource, match=r"table cannot be read beyond its first \d+ rows: straddling"):
        list(reader.iterate_batches())
