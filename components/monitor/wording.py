"""What a loss is in words, the same on the page and on the console."""

from components._metrics.estimate import Estimate
from components._report.page import format_value
from components.monitor.record import ColumnDrift, Loss, Performance, Retraining


def describe_retraining(retraining: Retraining) -> str:
    """Return in words what is trained, and when the new model replaces the present one."""
    return (
        f"A new model is trained. {retraining.reason} It must be better than the present one on the newest "
        f"{retraining.rows_test:,} labelled rows."
    )


def describe_day(loss: Loss) -> str:
    """Return what a day costs more than at training, as a sentence."""
    if loss.per_day is None:
        return f"What the change costs is not known: {loss.basis}."
    budget = "" if loss.budget is None else f" The budget is {format_value(loss.budget)}."
    interval = describe_interval(loss.per_day)
    if is_chance(loss.per_day):
        change = _format_change(loss.per_day, loss.unit)
        return f"A day costs about as much as at training: {change}{interval}.{budget}"
    amount = f"{format_value(abs(loss.per_day.value))} {loss.unit}"
    word = "more" if loss.per_day.value > 0 else "less"
    return f"A day costs {amount} {word} than at training{interval}.{budget}"


def describe_column_cost(column: ColumnDrift, unit: str) -> str:
    """Return what the drift of a column costs, as a part of a sentence."""
    if not column.is_used:
        return "costs nothing: the model does not use it"
    if column.loss is None:
        return "its cost is not known"
    interval = describe_interval(column.loss)
    if is_chance(column.loss):
        return f"no cost that is more than chance: {_format_change(column.loss, unit)} per day{interval}"
    word = "costs" if column.loss.value > 0 else "saves"
    return f"{word} {format_value(abs(column.loss.value))} {unit} per day{interval}"


def describe_judged(performance: Performance) -> str:
    """Return the labelled rows that were judged, as a part of a sentence."""
    since = "" if performance.judged_since is None else f" since {performance.judged_since[:10]}"
    return f"{performance.judged_rows:,} labelled rows{since}"


def is_chance(loss: Estimate) -> bool:
    """Return whether a loss may be 0."""
    return loss.low is None or loss.high is None or loss.low <= 0 <= loss.high


def describe_interval(estimate: Estimate) -> str:
    """Return the interval in brackets; empty if there is none."""
    bounds = describe_bounds(estimate)
    return f" (95\u00a0% interval {bounds})" if bounds else ""


def describe_bounds(estimate: Estimate) -> str:
    """Return the ends of the interval; empty if there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{format_value(estimate.low)} to {format_value(estimate.high)}"


def format_moment(moment: str) -> str:
    """Return a time of the record, to the minute."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def _format_change(loss: Estimate, unit: str) -> str:
    return f"{format_value(abs(loss.value))} {unit} {'more' if loss.value >= 0 else 'less'}"
