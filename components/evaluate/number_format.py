"""How figures are written on the page, in the card and in the verdict."""

from collections.abc import Sequence

from components._metrics.estimate import Estimate
from components._problem.spec import Problem
from components._report.formats import (
    count_decimals,
    count_supported_decimals,
    format_beside,
    format_decimals,
    format_significant,
)
from components._report.page import format_share
from components.evaluate.evaluation import Importance, Measure, SliceSearch

SLICE_HEADERS = (
    "rows with",
    "test rows",
    "mean loss",
    "of the others",
    "higher by, 95 % interval",
    "mean prediction",
    "mean target",
)


def format_figure(value: float | None, estimate: Estimate | None) -> str:
    """Return a figure with the digits that the interval of an estimate supports, else with three.

    The figure is the estimate's own, or one to compare with it.
    """
    if estimate is None:
        return format_significant(value)
    return format_beside(value, estimate.value, estimate.low, estimate.high)


def format_interval(estimate: Estimate | None) -> str:
    """Return an estimate's interval in words."""
    if estimate is None:
        return "–"
    if estimate.low is None:
        return "too few rows to tell"
    return f"{format_figure(estimate.low, estimate)} to {format_figure(estimate.high, estimate)}"


def format_estimate(estimate: Estimate) -> str:
    """Return an estimate's figure, then its interval if it has one."""
    figure = format_figure(estimate.value, estimate)
    return figure if estimate.low is None else f"{figure} (95 % interval {format_interval(estimate)})"


def format_alike(values: Sequence[float | None]) -> list[str]:
    """Return figures of one unit with the same decimals: three significant digits of the largest."""
    decimals = count_decimals(max((abs(value) for value in values if value is not None), default=0.0))
    return [format_decimals(value, decimals) for value in values]


def format_apart(estimate: Estimate, other: float) -> tuple[str, str]:
    """Return an estimate and another figure, with as many decimals as it takes to tell them apart."""
    first = count_supported_decimals(estimate.value, estimate.low, estimate.high)
    pairs = (
        tuple(format_decimals(value, first + more) for value in (estimate.value, other)) for more in range(7)
    )
    ours, theirs = next((pair for pair in pairs if pair[0] != pair[1]), 2 * (format_figure(other, estimate),))
    return ours, theirs


def list_importances(importances: Sequence[Importance]) -> list[tuple[str, str, str]]:
    """Return each column with its drop and spread, all with the same decimals."""
    decimals = count_decimals(max((abs(item.drop) for item in importances), default=0.0))
    return [
        (item.column, format_decimals(item.drop, decimals), format_decimals(item.spread, decimals))
        for item in importances
    ]


def list_slices(search: SliceSearch, problem: Problem) -> list[tuple[str | int | None, ...]]:
    """Return a row of a table for each slice; probabilities are shares."""

    def format_mean(value: float | None) -> str | None:
        if value is None:
            return None
        return format_share(value) if problem.kind == "binary" else format_significant(value)

    return [
        (
            of.words,
            of.rows,
            format_figure(of.loss, of.excess),
            format_figure(of.other_loss, of.excess),
            format_interval(of.excess),
            format_mean(of.predicted),
            format_mean(of.actual),
        )
        for of in search.slices
    ]


def describe_direction(measure: Measure) -> str:
    """Return which figures of a metric are better."""
    return "smaller" if measure.is_error else "larger"
