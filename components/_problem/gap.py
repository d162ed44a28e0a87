"""The time between the rows that a model learns from and those that it is judged by."""

from components._problem.duration import FORM, find_amount, parse_duration


def parse_gap(gap: str | float) -> tuple[float, bool]:
    """Return the length of a gap, and whether it is in seconds; otherwise it is in the unit of a number.

    Raises
    ------
    ValueError
        It is not a length above 0.
    """
    amount, unit = find_amount(str(gap))
    if not amount:
        raise ValueError(
            f"gap {gap!r} is not a length of time: {FORM}, or as a number if event_time holds numbers"
        )
    return (parse_duration(str(gap)), True) if unit else (amount, False)


def check_gap(gap: str | float) -> str | float:
    """Return a gap as it was written, if it is one."""
    parse_gap(gap)
    return gap
