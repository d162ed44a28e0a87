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
    size, word = _turn(loss.per_day, "more", "less")
    amount, interval = f"{format_value(size.value)} {loss.unit}", describe_interval(size)
    if is_chance(loss.per_day):
        return f"A day costs about as much as at training: {amount} {word}{interval}.{budget}"
    return f"A day costs {amount} {word} than at training{interval}.{budget}"


def describe_column_cost(column: ColumnDrift, unit: str) -> str:
    """Return what the drift of a column costs, as a part of a sentence."""
    if not column.is_used:
        return "costs nothing: the model does not use it"
    if column.loss is None:
        return "its cost is not known"
    if is_chance(column.loss):
        size, word = _turn(column.loss, "more", "less")
        amount = f"{format_value(size.value)} {unit} {word}"
        return f"no cost that is more than chance: {amount} per day{describe_interval(size)}"
    size, word = _turn(column.loss, "costs", "saves")
    return f"{word} {format_value(size.value)} {unit} per day{describe_interval(size)}"


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


def _turn(loss: Estimate, positive: str, negative: str) -> tuple[Estimate, str]:
    """Return a loss as a positive figure, its interval with it, and the word for its direction."""
    return (loss, positive) if loss.value >= 0 else (loss.negate(), negative)
