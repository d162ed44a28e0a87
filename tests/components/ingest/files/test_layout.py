"""Layout: titles, headers, units, and the options about them."""

import pytest

from components.ingest.files.header import is_data


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
