"""How figures read, alike on the page, in the card and in the verdict."""

from components._model.resampling import Estimate
from components._report.page import shown
from components.evaluate.record import Measure


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


def two_figures(ours: float, theirs: float) -> str:
    """Return two figures of a metric beside each other, with as many digits as tell them apart."""
    pairs = ([_rounded(value, digits) for value in (ours, theirs)] for digits in (3, 4, 5, 6))
    pair = next((pair for pair in pairs if pair[0] != pair[1] or ours == theirs), None)
    return " against ".join(pair or [_rounded(ours, 3), _rounded(theirs, 3)])


def _rounded(value: float, digits: int) -> str:
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"


def better(measure: Measure) -> str:
    """Return which figures of a metric are better."""
    return "smaller" if measure.is_error else "larger"


def compared(name: str, over: Estimate) -> str:
    """Return in a sentence how the model stands to a contender, by how much its main metric is better."""
    if over.value < 0:
        turned = Estimate(-over.value, *(None if end is None else -end for end in (over.high, over.low)))
        return f"Worse than the {name} by {with_interval(turned)}."
    return f"Better than the {name} by {with_interval(over)}."


def with_interval(estimate: Estimate | None) -> str:
    """Return an estimate's figure, then its interval if it has one."""
    if estimate is None:
        return figure(None)
    if estimate.low is None:
        return figure(estimate.value)
    return f"{figure(estimate.value)} (95 % interval {interval(estimate)})"
