"""How figures read, alike on the page, in the card and in the verdict."""

from components._report.page import shown
from components.evaluate.record import Estimate, Measure


def figure(value: float | None) -> str:
    """Return a figure with at most four significant digits; a dash for one that is undefined."""
    return shown(value)


def interval(estimate: Estimate | None) -> str:
    """Return an estimate's interval in words."""
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return "too few rows to tell"
    return f"{shown(estimate.low)} to {shown(estimate.high)}"


def better(measure: Measure) -> str:
    """Return which figures of a metric are better."""
    return "smaller" if measure.is_error else "larger"


def with_interval(estimate: Estimate | None) -> str:
    """Return an estimate's figure, then its interval if it has one."""
    if estimate is None or estimate.low is None:
        return figure(None if estimate is None else estimate.value)
    return f"{figure(estimate.value)} ({interval(estimate)})"
