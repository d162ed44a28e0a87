import datetime

import numpy as np
import pandas as pd
import pytest

from components.eda.examples import find_copies, find_extremes, find_repeats, format_cell, show_rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1961, "1961"),
        (1234567.0, "1234567"),
        (12.345678, "12.3457"),
        (1e300, "1.00000 × 10³⁰⁰"),
        (True, "True"),
        (None, "(null)"),
        (float("nan"), "(null)"),
        (pd.NaT, "(null)"),
        (datetime.datetime(2026, 1, 31), "2026-01-31"),
        (datetime.datetime(2026, 1, 31, 13, 45), "2026-01-31 13:45:00"),
        ("x" * 50, "x" * 39 + "…"),
    ],
)
def test_cells_look_as_in_the_table(value: object, text: str) -> None:
    assert format_cell(value) == text  # type: ignore[arg-type]


def test_four_rows_are_shown_in_the_order_of_their_places() -> None:
    frame = pd.DataFrame({"a": range(9), "b": list("abcdefghi")})
    assert show_rows(frame, [7, 1, 2, 3, 4], ["b", "a"]) == (("h", "7"), ("b", "1"), ("c", "2"), ("d", "3"))
    assert show_rows(frame, [], []) == ()


def test_extremes_are_the_farthest_from_the_median() -> None:
    assert find_extremes(np.array([5.0, np.nan, -90, 6, 7, 50])).tolist()[:2] == [2, 5]
    assert find_extremes(np.array([np.nan])).tolist() == []


def test_repeats_are_the_rows_of_the_most_frequent_value() -> None:
    assert find_repeats(pd.Series(["a", "b", None, "b"])).tolist() == [1, 3]
    assert find_repeats(pd.Series([None, None])).tolist() == []


def test_copies_are_shown_in_twos() -> None:
    frame = pd.DataFrame({"a": [1, 2, 1, 3, 2, 1, 4], "b": ["x", None, "x", "y", None, "x", "z"]})
    assert find_copies(frame).tolist()[:4] == [0, 2, 1, 4]
    assert find_copies(frame.drop_duplicates()).tolist() == []
