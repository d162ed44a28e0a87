"""How numbers are written, on pages, in the terminal and in documents.

Values that are known keep all digits before the point. Estimates have the digits that their interval
supports, or three.
"""

import math
import re

Cell = str | int | float | None

_YEAR_NAME = re.compile(r"(?:^|[^A-Za-z])(?:year|yr|YEAR|YR|Year)s?(?:$|[^a-z])|[a-z]Year")
_DIGITS = 3
_DIGITS_OF_INTERVAL = 2
# More digits help nobody, however narrow the interval is.
_MOST_DIGITS = 6
# Beyond these sizes zeros are harder to count than an exponent.
_SMALLEST, _LARGEST = 1e-6, 1e15
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Year(float):
    """A number that is written without separators: 1961, not 1,961."""


def mark_year(value: float, column: str) -> float:
    """Return a value of a column as a ``Year`` if the column's name says so, else as it is."""
    return Year(value) if _YEAR_NAME.search(column) else value


def format_value(value: Cell, digits: int = _DIGITS) -> str:
    """Return a value as text.

    Parameters
    ----------
    value : str, int, float or None
        None is written as a dash.
    digits : int
        Significant digits of a number that is not whole. Digits before the point are kept, with separators:
        538,777 and not 5.39e+05.
    """
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Year) and math.isfinite(value):
        return f"{value:.0f}"
    if abs(value) >= 10 ** (digits - 1) and math.isfinite(value):
        return f"{value:,.0f}"
    return format_significant(value, digits)


def format_share(share: float, digits: int = 1) -> str:
    """Return a share, from 0 to 1, in per cent."""
    return f"{share:.{digits}%}"


def format_duration(seconds: float) -> str:
    """Return a time as text, in seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def format_clock(seconds: float) -> str:
    """Return a time in minutes and seconds: ``1:05``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"


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


def format_beside(value: float | None, score: float | None, low: float | None, high: float | None) -> str:
    """Return a value of a metric with the digits that the interval of a score supports; a dash for None.

    Without an interval it has three significant digits.
    """
    if score is None or low is None or high is None:
        return format_significant(value)
    return format_decimals(value, count_supported_decimals(score, low, high))


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
    if not math.isfinite(value):
        return str(value)
    if value and not _SMALLEST <= abs(value) < _LARGEST:
        mantissa, _, exponent = f"{value:.{n_digits - 1}e}".partition("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"
    text = format_decimals(value, count_decimals(value, n_digits))
    return text.rstrip("0").rstrip(".") if "." in text else text
