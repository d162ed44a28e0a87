"""What the page shows of a receipt."""

from typing import NamedTuple

from components._problem.metric_scale import MetricScale
from components._report.formats import count_supported_decimals, format_decimals
from components._report.page import Level
from components._table.findings import DROPPED, Effect, Receipt
from components.errors import format_list

# More are folded.
MOST_OPEN = 8
_MOST_NAMED = 4
NAMES: dict[str, str] = {
    "leak": "predicts the target by itself",
    "constant": "constant",
    "empty": "empty",
    "unique": "identifier",
    "free_text": "free text",
    "useful_key": "looks like an identifier, but predicts the target",
    "skewed": "skewed",
    "outliers": "outliers",
    "high_cardinality": "many categories",
    "role": "a role by which rows are split",
    "group": "rows that belong together",
    "event_time": "rows in the order of time",
    "nulls": "values that may mean a missing one",
    "duplicates": "rows that repeat others",
    "correlated": "two columns that say nearly the same",
    "sum": "one is made of the others",
}
# The findings that make a score better than it will be in use.
_FLATTERING = ("leak", "role", "group", "event_time", "duplicates")
# The findings on which the later stages act without being told.
_ACTED_ON = ("unique", "outliers", "high_cardinality")
_MEANINGS = {
    "adopts": "To act on it, write in problem.yaml:",
    "overrules": "To keep it nevertheless, write in problem.yaml:",
    "is there": "To mix the rows nevertheless, remove from problem.yaml:",
}
_MODELS = {"trees": "a quick model of trees", "linear": "a quick linear model, as trees hardly notice it"}


class ReceiptCard(NamedTuple):
    """What the page shows of a receipt.

    Attributes
    ----------
    title, text : str
        What was found, and what the later stages do about it.
    level, effect : str
        Its effect in words, and how serious it is.
    advice, line : str
        A line for problem.yaml, and what it is for; both empty without one.
    headers : tuple of str
        The columns of the rows that show it.
    rows : tuple of tuple of str
        Their cells.
    """

    title: str
    text: str
    level: Level
    effect: str
    advice: str
    line: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def build_receipt_card(receipt: Receipt) -> ReceiptCard:
    """Return what the page shows of a receipt."""
    subject = format_list(list(receipt.columns), _MOST_NAMED)
    name = NAMES[receipt.kind]
    level, effect = _describe_effect(receipt)
    return ReceiptCard(
        title=f"{subject}: {name}" if subject else name.capitalize(),
        text=f"{receipt.text} {receipt.consequence}",
        level=level,
        effect=effect,
        advice=_MEANINGS.get(receipt.line_meaning, ""),
        line=receipt.line,
        headers=receipt.shown,
        rows=receipt.rows,
    )


def describe_change(effect: Effect) -> str:
    """Return an effect without its conclusion: the action, the metric, its change and its interval."""
    scale = MetricScale.from_metric(effect.metric)
    # Without an interval, the metric itself has three digits.
    size = effect.change if effect.high > effect.low else effect.before
    decimals = count_supported_decimals(size, effect.low, effect.high)
    change, low, high, before, after = (
        format_decimals(value, decimals)
        for value in (effect.change, effect.low, effect.high, effect.before, effect.after)
    )
    return (
        f"{effect.action} changes the {scale.title} by {change} ({low} to {high}), from {before} to {after}"
    )


def _describe_effect(receipt: Receipt) -> tuple[Level, str]:
    """Return how serious an effect is, and its words."""
    effect = receipt.effect
    is_flattering = receipt.kind in _FLATTERING
    if effect is None:
        level: Level = "warning" if is_flattering or receipt.kind in DROPPED else "note"
        return level, f"Effect not measured. {receipt.unmeasured}"
    by = f"Measured by {_MODELS[effect.model]}."
    if not effect.is_clear:
        return "note", f"{describe_change(effect)}: no difference. {by}"
    is_worse = (effect.change > 0) == MetricScale.from_metric(effect.metric).is_error
    if is_worse and is_flattering:
        level = "error" if receipt.kind == "leak" else "warning"
        return level, f"{describe_change(effect)}: without that, the score is too good. {by}"
    if is_worse and receipt.kind in _ACTED_ON:
        return "warning", f"{describe_change(effect)}: worse, although the later stages do it. {by}"
    if is_worse:
        return "note", f"{describe_change(effect)}: worse, so leave it as it is. {by}"
    remark = ", as the later stages do it" if receipt.kind in _ACTED_ON else ""
    return "good", f"{describe_change(effect)}: better{remark}. {by}"
