"""Rows of units directly below a header."""

import pytest

from components._files.file_records import FileRecord
from components._files.units import count_unit_rows


@pytest.mark.parametrize(
    ("units", "values", "is_skipped"),
    [
        (["EUR", "-"], ["5", "a"], True),
        (["EUR", "-"], ["1.234,50", "a"], True),
        (["EUR", ""], ["1'234.50 €", "a"], True),
        (["date", "n"], ["31/12/2024", "7"], True),
        (["dd.mm.yyyy", "n"], ["31.12.2024", "7"], True),
        (["hh:mm", "kg"], ["23:15", "1,5"], True),
        (["hh:mm", "-"], ["23:15", "a"], False),
        (["Paris", "kg"], ["Rome", "1,5"], False),
        (["EUR", "b"], ["5", "a"], False),
        (["3", "kg"], ["5", "7"], False),
    ],
)
def test_a_row_of_units_is_skipped(units: list[str], values: list[str], is_skipped: bool) -> None:
    below = [FileRecord(2, units), *(FileRecord(line, values) for line in range(3, 9))]
    n_left_out, notices = count_unit_rows(["x", "y"], below)
    assert (n_left_out, len(notices)) == (int(is_skipped), int(is_skipped))
