import pytest

from components._files.file_records import FileRecord
from components._files.layout import Layout, find_layout
from components._files.row_stream import NO_OPTIONS
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource

BODY = [["1", "a"], ["2", "b"], ["4", "a"]]


def lay_out(rows: list[list[str]], options: FileOptions = NO_OPTIONS, width: int = 2) -> Layout:
    records = [FileRecord(line, cells) for line, cells in enumerate(rows, start=1)]
    return find_layout(records, width, options, ("y",), "table")


@pytest.mark.parametrize(
    ("above", "names", "n_notices"),
    [
        ([["x", "y"]], ["x", "y"], 0),
        ([["Report"], ["x", "y"]], ["x", "y"], 1),
        ([["# made by us"], ["x", "y"]], ["x", "y"], 1),
        ([["# x", "y"]], ["x", "y"], 0),
        ([["x", "y"], ["kg", ""]], ["x", "y"], 1),
        ([["x", "y", ""]], ["x", "y"], 0),
        ([["y"]], ["", "y"], 1),
        ([], ["", ""], 1),
    ],
    ids=["header", "title", "comment", "commented header", "units", "empty name", "short header", "none"],
)
def test_the_header_is_found_above_the_values(
    above: list[list[str]], names: list[str], n_notices: int
) -> None:
    found = lay_out([*above, *BODY])
    assert found.names == names
    assert found.first == FileRecord(len(above) + 1, BODY[0])
    assert len(found.notices) == n_notices


def test_a_header_without_rows_has_no_first_row() -> None:
    assert lay_out([["x", "y"]]).first is None


@pytest.mark.parametrize(
    ("options", "line", "names"),
    [
        (FileOptions(header=2), 3, ["x", "y"]),
        (FileOptions(header=False), 1, ["", ""]),
        (FileOptions(header=True, skip_rows=0), 2, ["p", "q"]),
    ],
)
def test_what_the_problem_says_about_the_header_wins(
    options: FileOptions, line: int, names: list[str]
) -> None:
    found = lay_out([["p", "q"], ["x", "y"], *BODY], options)
    assert found.first is not None
    assert (found.first.line, found.names) == (line, names)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            [["x", "y"]],
            FileOptions(header=7),
            "header: 7 is not a row of table: line 7 is blank or too far down",
        ),
        ([["x", "y", "z"], *BODY], NO_OPTIONS, r"header of table \(line 1\) has 3 cells, .* have 2"),
    ],
)
def test_a_header_that_cannot_be_one_is_an_error(
    rows: list[list[str]], options: FileOptions, message: str
) -> None:
    with pytest.raises(InvalidSource, match=message):
        lay_out(rows, options)
