import math

import pytest

from components._report.formats import Cell, Year, format_clock, format_duration, format_value, mark_year


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (True, "True"),
        (1234567, "1,234,567"),
        (0.123456, "0.123"),
        (12.3456, "12.3"),
        (99.97, "100"),
        (538777.3, "538,777"),
        (-12345.6, "-12,346"),
        (5.0, "5"),
        (1961.0, "1,961"),
        (Year(1961), "1961"),
        (math.nan, "nan"),
        (Year(math.inf), "inf"),
        ("a", "a"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Cell, expected: str) -> None:
    assert format_value(value) == expected


def test_fewer_digits_do_not_cut_those_before_the_point() -> None:
    assert [format_value(value, 2) for value in (0.0123, 1.26, 99.6, 5388.2)] == [
        "0.012",
        "1.3",
        "100",
        "5,388",
    ]


@pytest.mark.parametrize(
    ("column", "is_year"),
    [
        ("year", True),
        ("Year of birth", True),
        ("yr_built", True),
        ("signup_year", True),
        ("birthYear", True),
        ("years", True),
        ("yearly_income", False),
        ("price", False),
    ],
)
def test_a_column_of_years_is_known_by_its_name(column: str, is_year: bool) -> None:
    assert isinstance(mark_year(1961.0, column), Year) is is_year


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1.25, "1.2 s"), (119.9, "119.9 s"), (120, "2.0 min"), (7200, "2.0 h")]
)
def test_times_have_a_unit_that_suits_them(seconds: float, expected: str) -> None:
    assert format_duration(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-3.0, "0:00"), (5.4, "0:05"), (70, "1:10"), (6_000, "100:00")]
)
def test_a_clock_has_minutes_and_seconds(seconds: float, expected: str) -> None:
    assert format_clock(seconds) == expected
