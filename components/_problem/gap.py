"""The time between the rows that a model learns from and those that it is judged by."""

import re

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def parse_gap(gap: str | float) -> tuple[float, bool]:
    """Return the length of a gap, and whether it is in seconds; otherwise it is in the unit of a number.

    Raises
    ------
    ValueError
        It is not a length above 0.
    """
    found = _FORM.fullmatch(str(gap).strip().casefold())
    amount, unit = (float(found[1]), found[2].removesuffix("s")) if found else (0.0, "")
    if not amount or (unit and unit not in _UNITS):
        raise ValueError(
            f"gap {gap!r} is not a length of time: write it as 7 days, with weeks, days, hours, minutes or "
            "seconds, or as a number if event_time holds numbers"
        )
    return amount * _UNITS.get(unit, 1), bool(unit)


def check_gap(gap: str | float) -> str | float:
    """Return a gap as it was written, if it is one."""
    parse_gap(gap)
    return gap
