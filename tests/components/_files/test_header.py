import pytest

from components._files.file_records import FileRecord
from components._files.header import (
    find_header_row,
    is_comment,
    is_data,
    list_values,
    looks_like_names,
    strip_comment_mark,
)


@pytest.mark.parametrize(
    ("first", "others", "expected"),
    [
        (["a", "b"], [["1", "2"]], False),
        (["1", "2"], [["3", "4"]], True),
        (["1", "x", "2.5"], [["2", "y", "3.5"]], True),
        (["?", "x", "2"], [["2", "y", "3.5"]], True),
        (["2024-01-31", "x"], [["2024-02-01", "y"]], True),
        # A header of texts looks like a row of texts, and most files have a header.
        (["x", "y"], [["u", "v"]], False),
        (["country", "1990", "1991", "1992"], [["Chad", "1", "2", "3"]], False),
        (["country", "1990", "2001"], [["Chad", "1", "2"]], False),
        (["Ann", "1990"], [["Bob", "1985"]], True),
        (["0", "1", "2"], [["5.1", "3.5", "1.4"]], False),
        # Numbers in uneven steps are not names.
        (["5", "1", "2"], [["6", "3", "1"]], True),
        (["", "b"], [["0", "1"]], False),
        (["id", "7"], [["x", "8"], ["y", "9"]], True),
        (["1", "2"], [], False),
    ],
)
def test_a_first_row_like_the_others_is_data(
    first: list[str], others: list[list[str]], expected: bool
) -> None:
    assert is_data(first, others) is expected


def test_values_are_those_that_are_not_null_of_rows_that_are_long_enough() -> None:
    assert list_values([["a", "1"], ["b"], ["c", "NA"], ["d", "4"]], 1) == ["1", "4"]


@pytest.mark.parametrize(
    ("rows", "expected", "position"),
    [
        ([["Sales"], ["x", "y"], ["1", "a"]], ("y",), 1),
        ([["x", "y"], ["1", "a"]], (), None),
        ([["x", "z"], ["1", "a"]], ("y",), None),
        # With one of three names it is chance.
        ([["x", "z"], ["1", "a"]], ("x", "p", "q"), None),
        # A word that is repeated in its column is a value.
        ([["x", "y"], ["1", "y"], ["2", "a"]], ("y",), None),
    ],
)
def test_the_header_is_the_row_with_the_expected_names(
    rows: list[list[str]], expected: tuple[str, ...], position: int | None
) -> None:
    records = [FileRecord(line, cells) for line, cells in enumerate(rows, start=1)]
    assert find_header_row(records, expected) == position


@pytest.mark.parametrize(
    ("cells", "width", "names"),
    [
        (["#x", "y"], 2, ["x", "y"]),
        (["#", "x", "y"], 2, ["x", "y"]),
        (["#", "x"], 2, ["#", "x"]),
        ([" ## x", "y"], 2, ["x", "y"]),
        (["x", "#y"], 2, ["x", "#y"]),
    ],
)
def test_the_mark_of_a_comment_is_no_name(cells: list[str], width: int, names: list[str]) -> None:
    assert strip_comment_mark(cells, width) == names
    assert is_comment(FileRecord(1, cells)) == cells[0].strip().startswith("#")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a", "b", ""], True),
        (["a", "a"], False),
        (["a", "5"], False),
        (["a", "NA"], False),
        (["", " "], False),
    ],
)
def test_names_are_different_words(cells: list[str], expected: bool) -> None:
    assert looks_like_names(cells) is expected
