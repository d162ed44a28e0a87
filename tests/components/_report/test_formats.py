import math

import pytest

from components._report.formats import (
    Cell,
    Year,
    count_decimals,
    count_supported_decimals,
    format_clock,
    format_decimals,
    format_duration,
    format_significant,
    format_value,
    mark_year,
)


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


@pytest.mark.parametrize(
    ("size", "n_digits", "expected"),
    [(0.0123, 2, 3), (0.0996, 2, 2), (12.3, 3, 1), (538_777.0, 3, -3), (1.0, 3, 2), (0.0, 3, 0)],
)
def test_decimals_end_with_a_significant_digit(size: float, n_digits: int, expected: int) -> None:
    assert count_decimals(size, n_digits) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.84123, 0.83, 0.854, "0.841"),
        (0.84123, 0.8411, 0.8414, "0.84123"),
        (538_777.4, 526_000.0, 551_000.0, "539,000"),
        (4.0551, 3.5, 4.6, "4.06"),
        (0.0004, -0.03, 0.03, "0.000"),
        (-0.0001, -0.03, 0.03, "0.000"),
        (0.84123, None, None, "0.841"),
        (0.84123, 0.84123, 0.84123, "0.841"),
        (1 / 3, 1 / 3 - 1e-12, 1 / 3 + 1e-12, "0.333333"),
        (2e-9, 1e-9, 3e-9, "2.00 × 10⁻⁹"),
    ],
)
def test_an_estimate_has_two_digits_of_half_its_interval(
    value: float, low: float | None, high: float | None, expected: str
) -> None:
    assert format_decimals(value, count_supported_decimals(value, low, high)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.5, "0.5"),
        (0.005669, "0.00567"),
        (-12.345, "-12.3"),
        (99.96, "100"),
        (538_777.0, "539,000"),
        (0.00001234, "0.0000123"),
        (-1.234e-7, "-1.23 × 10⁻⁷"),
        (5.388e20, "5.39 × 10²⁰"),
    ],
)
def test_other_numbers_have_three_significant_digits(value: float | None, expected: str) -> None:
    assert format_significant(value) == expected
