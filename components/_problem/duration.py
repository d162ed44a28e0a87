"""Lengths of time, as a person writes them."""

import re

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
FORM = "write it as 7 days, with weeks, days, hours, minutes or seconds"


def find_amount(text: str) -> tuple[float, str]:
    """Return the amount and the unit in a text such as ``7 days``; 0 if it has no such form.

    The unit is empty, or a word such as ``day``.
    """
    found = _FORM.fullmatch(text.strip().casefold())
    amount, unit = (float(found[1]), found[2].removesuffix("s")) if found else (0.0, "")
    return (0.0, "") if unit and unit not in _UNITS else (amount, unit)


def parse_duration(text: str) -> float:
    """Return a length of time in seconds.

    Raises
    ------
    ValueError
        It is not a length above 0 with a unit.
    """
    amount, unit = find_amount(text)
    if not amount or not unit:
        raise ValueError(f"{text!r} is not a length of time: {FORM}")
    return amount * _UNITS[unit]
