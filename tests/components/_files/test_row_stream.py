import pytest

from components._files.row_stream import Faults, RowStream, build_minutes_notices, name_columns
from components._table.notice import Notice
from components.errors import InvalidSource


def test_the_notices_about_rows_follow_those_about_the_file() -> None:
    first, last = Notice("note", "first"), Notice("note", "last")
    stream = RowStream("CSV", lambda: iter(()), initial_notices=(first,), collect_row_notices=lambda: (last,))
    assert stream.notices == (first, last)


def test_the_first_faults_are_named_and_the_rest_counted() -> None:
    faults = Faults()
    for number in range(7):
        faults.add(f"row {number}")
    assert (faults.total, str(faults)) == (7, "row 0, row 1, row 2, row 3, row 4 and 2 more")


def test_each_column_has_a_name_of_its_own() -> None:
    assert name_columns([" a ", "", "b"], "table") == ["a", "column_1", "b"]
    with pytest.raises(InvalidSource, match="table has more than one column named 'a', 'column_1'"):
        name_columns(["a", "", "a ", "column_1"], "table")


def test_minutes_are_noted() -> None:
    assert build_minutes_notices([], []) == ()
    (notice,) = build_minutes_notices([], ["at", "to"])
    assert notice.text == "Columns of times of day are read as minutes: 'at', 'to'."
