"""Delimited text: delimiter, header, names, and rows that do not fit."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from components._files.delimited_text import open_delimited
from components._files.row_stream import NO_OPTIONS, RowStream
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource


def read(file: Path, content: str, encoding: str = "utf-8") -> dict[str, list[str]]:
    file.write_text(content, encoding=encoding, newline="")
    columns: dict[str, list[str]] = pa.Table.from_batches(
        open_delimited(file, encoding, "table").iterate_batches()
    ).to_pydict()
    return columns


def open_text(
    folder: Path, content: str, options: FileOptions = NO_OPTIONS, expected: Sequence[str] = ("y",)
) -> RowStream:
    file = folder / "table.csv"
    file.write_text(content, encoding="utf-8", newline="")
    return open_delimited(file, "utf-8", "table", options, expected)


def read_cells(rows: RowStream) -> list[list[str]]:
    """Return the names and the rows, after checking that a second pass gives the same."""
    batches = list(rows.iterate_batches())
    assert list(rows.iterate_batches()) == batches
    names = batches[-1].schema.names
    return [names, *([*row.values()] for batch in batches for row in batch.to_pylist())]


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
    rows = open_delimited(file, "utf-8", "table")
    assert list(rows.iterate_batches()) == list(rows.iterate_batches())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,b\n1,2\n3\n",
            r"header of table \(line 1\) has 2 cells, .*: row 3 has 1 .1 in total.*\n.*comma",
        ),
        ("\n\na,b\n1,2\n3\n", "row 5 has 1"),
        ('a,b\n"x\ny",2\n3\n', "row 3 has 1"),
        ('a,b\n1,"2\n3,4\n', "last cell of table, in row 2, begins with a quotation mark"),
        (
            'a,b\n1,"2\n' + "3,4\n" * 6_000_000,
            "cannot be read beyond its first 1 rows: .*\nLook there for a quotation",
        ),
    ],
)
def test_rows_that_do_not_fit_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        read(tmp_path / "table.csv", content)


def test_ragged_rows_are_numbered_across_blocks(tmp_path: Path) -> None:
    row = "1," + "x" * 98 + "\n"
    with pytest.raises(InvalidSource, match=r": row 100002 has 1, row 100004 has 3 \(2 in total\)"):
        read(tmp_path / "table.csv", "a,b\n" + row * 100_000 + "1\n" + row + "1,2,3\n")


HEADER = ["x", "y"]
BODY = [["1", "a"], ["2", "b"], ["4", "a"]]
PLAIN = "1,a\n2,b\n4,a\n"


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        ("x,y\n" + PLAIN, []),
        (
            "Sales\n\nx,y\n" + PLAIN,
            ["warning: The table begins in line 3. Left out above it: line 1 'Sales'."],
        ),
        ("Sales of, 2024, all\nBy ACME\nx,y\n" + PLAIN, ["warning: The table begins in line 3."]),
        ("Sales,\n,\nx,y\n" + PLAIN, ["warning: The table begins in line 3."]),
        ("# made by us\nx,y\n" + PLAIN, ["note: The table begins in line 2."]),
        ("#x,y\n" + PLAIN, []),
        ("sep=,\nx,y\n" + PLAIN, ["note: Line 1 (sep=,) names the delimiter"]),
        ("x,y\nkg,\n" + PLAIN, ["warning: Line 2, below the header, has units (kg) and is left out."]),
        ("x,y\n[EUR/h],-\n" + PLAIN, ["warning: Line 2, below the header, has units"]),
        ("x,y\n--,--\n" + PLAIN, []),
        (
            "x,y\n1,a\n2,b\nx,y\n4,a\n",
            ["warning: Rows that repeat the header are left out: 3 ("],
        ),
        (
            "x,y\n1,a\n2,b\n\ufeffx,y\n4,a\n",
            ["warning: Rows that repeat the header are left out: 3 ("],
        ),
        ("A, b\n\nx,y\n1,a\n2,b\nA, b\nx,y\n4,a\n", ["The table begins", "Rows that repeat the header"]),
        ("R 1\nx,y,\n1,a,\nR 1\n2,b,\n4,a,\n", ["The table begins", "Comments and titles", "A column with"]),
        ("x,y\n1,a\n# later\n2,b\n4,a\n", ["warning: Comments and titles between the rows"]),
        (
            "x,y\n" + PLAIN + "Source: the office of statistics\n",
            ["warning: The last row is left out: a note"],
        ),
        ("x,y\n" + PLAIN + "(3 rows)\n\n", ["warning: The last row is left out: a note ('(3 rows)')."]),
        ("x,y\n" + PLAIN + ",\n,\n", ["note: 2 rows without values at the end are left out."]),
        ("x,y\n" + PLAIN + "7,\n", ["warning: The last row is left out: a total ('7')."]),
        ("x,y,\n1,a,\n2,b,\n4,a,\n", ["note: A column without a name and without values is left out."]),
        ("x,y\n1,a,\n2,b,\n4,a,\n", ["note: A column without a name and without values is left out."]),
        ("x,y,\n" + PLAIN, []),
        ("x y\n1 a\n2 b\n4 a\n", ["note: Columns are separated by blanks."]),
        ("x    y\n1    a\n2    b\n4    a\n", ["note: Columns are separated by blanks."]),
        ("x\x01y\n1\x01a\n2\x01b\n4\x01a\n", []),
        ("x^y\n1^a\n2^b\n4^a\n", []),
        ("x::y\n1::a\n2::b\n4::a\n", []),
        ('x, y\n1, "a"\n2, "b"\n4, "a"\n', []),
        (";;\nx,y\n".replace(";;", ",") + PLAIN, ["note: The table begins in line 2."]),
    ],
)
def test_rows_around_the_table_are_left_out(tmp_path: Path, content: str, starts: list[str]) -> None:
    # A total of a single number needs at least five rows above it; otherwise it may be a coincidence.
    body = [*BODY]
    if content.endswith("7,\n"):
        content = content.replace(PLAIN, PLAIN + "0,c\n0,d\n")
        body += [["0", "c"], ["0", "d"]]
    rows = open_text(tmp_path, content)
    assert read_cells(rows) == [HEADER, *body]
    notices = [f"{notice.level}: {notice}" for notice in rows.notices]
    assert len(notices) == len(starts)
    for notice, start in zip(notices, starts, strict=True):
        assert start in notice


def test_escaped_quotation_marks_are_read(tmp_path: Path) -> None:
    rows = open_text(tmp_path, 'x,y\n"say \\"so, b\\"",a\n"2",b\n')
    assert read_cells(rows) == [HEADER, ['say "so, b"', "a"], ["2", "b"]]
    assert [notice.level for notice in rows.notices] == ["note"]


def test_fixed_widths_below_a_title_are_cut(tmp_path: Path) -> None:
    table = "id  town       y\n 1  New York   a\n 2             b\n" + "10  Graz       a\n" * 9
    rows = open_text(tmp_path, "Annual report of things\n\n" + table)
    assert read_cells(rows)[1:3] == [["1", "New York", "a"], ["2", "", "b"]]
    assert "Left out above it: line 1 'Annual report of things'" in rows.notices[0].text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('x\ty\n"so" it goes\t1\n5" pipe\t2\n', ['"so" it goes', '5" pipe']),
        ('x\ty\n"so" it goes\t1\n"open\t2\n', ['"so" it goes', '"open']),
        ('x\ty\n"so\tor so"\t1\n5" pipe\t2\n', ["so\tor so", '5" pipe']),
        ('x\ty\n"so ""it"" goes"\t1\n5" pipe\t2\n', ['so "it" goes', '5" pipe']),
        ('"x"\t"y"\n"so" it goes\t"1"\n"a"\t"2"\n', ["so it goes", "a"]),
    ],
)
def test_quotation_marks_are_kept_if_they_do_not_enclose_cells(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    assert read(tmp_path / "a", content)["x"] == expected


def test_the_blank_between_a_date_and_its_time_is_not_a_delimiter(tmp_path: Path) -> None:
    content = (
        "opened               n   channel\n"
        "2024-03-01 10:00:00  1   phone\n"
        "2024-03-02 11:30:00  20  chat\n"
        "2024-03-03 12:15:10      chat\n"
    )
    assert read(tmp_path / "a", content) == {
        "opened": ["2024-03-01 10:00:00", "2024-03-02 11:30:00", "2024-03-03 12:15:10"],
        "n": ["1", "20", ""],
        "channel": ["phone", "chat", "chat"],
    }


def test_fixed_widths_are_cut_even_where_cells_are_empty_or_hold_blanks(tmp_path: Path) -> None:
    rows = open_text(tmp_path, "id  town       y\n 1  New York   a\n 2             b\n10  Graz       a\n")
    assert read_cells(rows) == [
        ["id", "town", "y"],
        ["1", "New York", "a"],
        ["2", "", "b"],
        ["10", "Graz", "a"],
    ]
    assert [notice.level for notice in rows.notices] == ["warning"]


@pytest.mark.parametrize(
    ("content", "expected", "names"),
    [
        ("400.5,401.5,protein\n1,2,3\n3,4,5\n", ("protein",), ["400.5", "401.5", "protein"]),
        ("Spectra\n400.5,401.5,protein\n1,2,3\n3,4,5\n", ("protein",), ["400.5", "401.5", "protein"]),
        ("2024-01-01,2024-02-01\n1,2\n", ("2024-01-01", "2024-02-01"), ["2024-01-01", "2024-02-01"]),
        # A word that is repeated is a value; so is a word in a row like those above it.
        ("side,x\nleft,1\nright,2\nleft,3\n", ("left",), ["side", "x"]),
        ("town,side\nGraz,right\nLund,left\nBrno,right\n", ("left",), ["town", "side"]),
        ("a,a,b\nx,z,y\n1,2,c\n3,4,d\n", ("y",), ["x", "z", "y"]),
        ("a,b\n1,2\n3,left\n4,5\n", ("left",), ["a", "b"]),
        ("1,2\n3,4\n", ("left",), ["column_0", "column_1"]),
        (",Sales,\nname,kg,y\na,1,b\n", ("y",), ["name", "kg", "y"]),
        ("name,kg\na,1,b\nc,2,d\n", ("kg",), ["column_0", "name", "kg"]),
        ("name,kg\na,1,b,c\nc,2,d,e\n", ("kg",), ["name", "kg", "column_2", "column_3"]),
    ],
)
def test_the_row_with_the_expected_names_is_the_header(
    tmp_path: Path, content: str, expected: tuple[str, ...], names: list[str]
) -> None:
    assert read_cells(open_text(tmp_path, content, expected=expected))[0] == names


@pytest.mark.parametrize(
    ("options", "content", "expected"),
    [
        ({"skip_rows": 1}, "a,b\nx,y\n1,a\n", [HEADER, ["1", "a"]]),
        ({"skip_rows": 0}, "T,\nx,y\n1,a\n", [["T", "column_1"], ["x", "y"], ["1", "a"]]),
        ({"header": 2}, "a,b\nx,y\n1,a\n", [HEADER, ["1", "a"]]),
        ({"header": 1, "skip_rows": 1}, "a,b\n3,4\n1,a\n", [["3", "4"], ["1", "a"]]),
        ({"header": False}, "x,y\n1,a\n", [["column_0", "column_1"], ["x", "y"], ["1", "a"]]),
        ({"header": True}, "1,2\n3,4\n", [["1", "2"], ["3", "4"]]),
        ({"delimiter": ";"}, "a,b;y\n1,2;3\n", [["a,b", "y"], ["1,2", "3"]]),
        ({"skip_footer": 0}, "x,y\n1,a\n2,b\n,\n", [HEADER, ["1", "a"], ["2", "b"], ["", ""]]),
        ({"skip_footer": 2}, "x,y\n1,a\n2,b\nnote\n", [HEADER, ["1", "a"]]),
        ({"skip_footer": 9}, "x,y\n1,a\n2,b\n", [HEADER]),
    ],
)
def test_options_win(
    tmp_path: Path, options: dict[str, object], content: str, expected: list[list[str]]
) -> None:
    rows = open_text(tmp_path, content, FileOptions(**options), ())  # type: ignore[arg-type]
    table = pa.Table.from_batches(
        rows.iterate_batches(), pa.schema([(name, pa.string()) for name in expected[0]])
    )
    assert [table.schema.names, *([*row.values()] for row in table.to_pylist())] == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skip_rows": 9}, "skip_rows: 9 is more than the 2 lines of table"),
        ({"header": 7}, "header: 7 is not a row of table: line 7 is blank"),
        ({"delimiter": "|"}, "delimiter: '|' is not in the first rows of table"),
    ],
)
def test_a_wrong_option_is_an_error(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSource, match=message.replace("|", "[|]")):
        open_text(tmp_path, "x,y\n1,a\n", FileOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Title\nx,y,z\n1,2,3\n4\n5,6,7\n", r"header of table \(line 2\) has 3 cells, .*: row 4 has 1"),
        ("x,y,z\n1,2,3\n4,5,6\n7,8", "row 4 has 2"),
        ("x,y\n1,2\nGraz\n", "row 3 has 1"),
        (
            "a,b,c,d\n1,2\n3,4\n5,6\n",
            r"header of table \(line 1\) has 4 cells, but most rows .* 2",
        ),
        ("x,y\nfoo\n", r"row 2 has 1 \(1 in total\)"),
    ],
)
def test_other_ragged_rows_are_not_dropped_as_notes(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        list(open_text(tmp_path, content).iterate_batches())


def test_values_that_begin_late_in_a_column_without_a_name_are_kept(tmp_path: Path) -> None:
    row = "1," + "x" * 98 + ",\n"
    batches = list(open_text(tmp_path, "a,y,\n" + row * 100_000 + "1,x,late\n").iterate_batches())
    assert batches[0].schema.names == ["a", "y"]
    assert batches[-1].to_pylist()[-1] == {"a": "1", "y": "x", "column_2": "late"}
    assert sum(batch.num_rows for batch in batches) == 100_001


def test_a_total_far_below_is_found_by_its_sums(tmp_path: Path) -> None:
    body = "".join(f"{i},1.5,a\n" for i in range(200_000))
    rows = open_text(tmp_path, "id,amount,y\n" + body + ",300000.00,\n")
    assert sum(batch.num_rows for batch in rows.iterate_batches()) == 200_000
    assert [notice.remedy for notice in rows.notices] == [
        "To keep every row, write in problem.yaml: skip_footer: 0"
    ]
