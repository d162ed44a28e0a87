import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda.value_ranks import describe_value

N = 2_000
NUMBERS = pd.Series(range(N), name="fare")
DAYS = pd.Series(pd.date_range("2026-01-01", periods=N), name="day")


@pytest.mark.parametrize(
    ("column", "kind", "place", "expected"),
    [
        (NUMBERS, "integer", N - 1, "fare 1,999 is the largest of all"),
        (NUMBERS, "integer", 0, "fare 0 is the smallest of all"),
        (NUMBERS, "integer", N - 2, "fare 1,998 is above 99.9% of the rows"),
        (NUMBERS, "integer", 20, "fare 20 is below 98.9% of the rows"),
        (NUMBERS.rename("year"), "integer", N - 2, "year 1998 is above 99.9% of the rows"),
        (DAYS, "datetime", N - 1, "day 2031-06-23 is the latest of all"),
        (DAYS, "datetime", 20, "day 2026-01-21 is earlier than 98.9% of the rows"),
        (pd.Series(["a", *["b"] * 99], name="plan"), "string", 0, "plan a is in no other row"),
        (pd.Series(["a", "a", *["b"] * 98], name="plan"), "string", 0, "plan a is in 2 of 100 rows"),
        (pd.Series([True, *[None] * 99], name="new"), "boolean", 0, "new True is in no other row"),
    ],
)
def test_where_a_value_stands_is_said_in_words(
    column: pd.Series, kind: Kind, place: int, expected: str
) -> None:
    assert describe_value(column, kind, place) == expected


def test_nulls_do_not_count_among_the_rows_with_a_number() -> None:
    column = NUMBERS.astype(float).mask(NUMBERS < 1_000)
    assert describe_value(column, "float", 1_499) == "fare 1,499 is below 50.0% of the rows"
