"""How numbers are written, on pages, in the terminal and in documents."""

import math
import re

Cell = str | int | float | None

_YEAR_NAME = re.compile(r"(?:^|[^A-Za-z])(?:year|yr|YEAR|YR|Year)s?(?:$|[^a-z])|[a-z]Year")
_DIGITS = 3


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
    return f"{value:.{digits}g}"


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
