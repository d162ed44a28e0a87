"""How figures are written on the page, in the card and in the verdict."""

from components._metrics.estimate import Estimate
from components._report.page import format_value
from components.evaluate.evaluation import Measure


def format_interval(estimate: Estimate | None) -> str:
    """Return an estimate's interval in words."""
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return "too few rows to tell"
    return f"{format_value(estimate.low)} to {format_value(estimate.high)}"


def format_estimate(estimate: Estimate) -> str:
    """Return an estimate's figure, then its interval if it has one."""
    if estimate.low is None:
        return format_value(estimate.value)
    return f"{format_value(estimate.value)} (95 % interval {format_interval(estimate)})"


def format_two_figures(ours: float, theirs: float) -> str:
    """Return two figures of a metric, with as many digits as it takes to tell them apart."""
    pairs = ([_format_rounded(value, digits) for value in (ours, theirs)] for digits in (3, 4, 5, 6))
    pair = next((pair for pair in pairs if pair[0] != pair[1] or ours == theirs), None)
    return " against ".join(pair or [_format_rounded(ours, 3), _format_rounded(theirs, 3)])


def describe_direction(measure: Measure) -> str:
    """Return which figures of a metric are better."""
    return "smaller" if measure.is_error else "larger"


def _format_rounded(value: float, digits: int) -> str:
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
