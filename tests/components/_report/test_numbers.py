import pytest

from components._report.numbers import (
    count_decimals,
    count_supported_decimals,
    format_decimals,
    format_significant,
)


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
