"""How numbers that were estimated are written: with the digits that their interval supports."""

import math

_DIGITS = 3
_DIGITS_OF_INTERVAL = 2
# More digits help nobody, however narrow the interval is.
_MOST_DIGITS = 6
# Beyond these sizes zeros are harder to count than an exponent.
_SMALLEST, _LARGEST = 1e-6, 1e15
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count_decimals(size: float, n_digits: int = _DIGITS) -> int:
    """Return the number of decimals that ends with the given significant digit of a size.

    It is negative if that digit stands before the units: -3 for thousands. It is 0 for a size of 0.
    """
    if size == 0 or not math.isfinite(size):
        return 0
    exponent = int(f"{size:.{n_digits - 1}e}".partition("e")[2])
    return n_digits - 1 - exponent


def count_supported_decimals(value: float, low: float | None, high: float | None) -> int:
    """Return the number of decimals that an interval supports.

    They end with the second significant digit of half its width. Without an interval, or with one of no
    width, they end with the third digit of the value.
    """
    if low is None or high is None or not high > low:
        return count_decimals(value)
    return min(count_decimals((high - low) / 2, _DIGITS_OF_INTERVAL), count_decimals(value, _MOST_DIGITS))


def format_decimals(value: float | None, decimals: int) -> str:
    """Return a number rounded to so many decimals, with separators; a dash for None."""
    if value is None:
        return "–"
    if abs(value) >= _LARGEST or decimals > count_decimals(_SMALLEST):
        return format_significant(value)
    # + 0.0 turns -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}"


def format_significant(value: float | None, n_digits: int = _DIGITS) -> str:
    """Return a number with so many significant digits, without zeros at its end; a dash for None."""
    if value is None:
        return "–"
    if value and math.isfinite(value) and not _SMALLEST <= abs(value) < _LARGEST:
        mantissa, _, exponent = f"{value:.{n_digits - 1}e}".partition("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"
    text = format_decimals(value, count_decimals(value, n_digits))
    return text.rstrip("0").rstrip(".") if "." in text else text
