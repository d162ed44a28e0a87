"""The usual ways to fool oneself about a model, looked for in what the stage knows anyway."""

from collections.abc import Iterator

from components._report.page import Message, format_share
from components.errors import format_count
from components.evaluate.evaluation import Evaluation
from components.evaluate.number_format import format_figure, format_interval
from components.evaluate.significance import judge_difference

# A column with so much of the gain over the baseline is nearly the whole model.
_GOLDEN_SHARE = 0.8
_NAMED_COLUMNS = 5


def describe_pitfalls(evaluation: Evaluation) -> list[Message]:
    """Return what was found, in sentences; a line that all is well if nothing was."""
    found = [
        *_describe_optimism(evaluation),
        *_describe_golden_column(evaluation),
        *_describe_useless_columns(evaluation),
        *_describe_overlap(evaluation),
    ]
    return found or [
        (
            "good",
            "None found: no cross-validated score that the test rows contradict, no column that predicts "
            "nearly all by itself, none that is not needed, no test rows of the time of the training rows.",
        )
    ]


def _describe_optimism(evaluation: Evaluation) -> Iterator[Message]:
    model, before, title = evaluation.main.model, evaluation.cross_validated, evaluation.main.title
    if model is None or before is None or model.low is None or model.high is None:
        return
    told = (
        f"Cross-validated on the training rows, {title} was {format_figure(before, model)}; on the test rows"
    )
    interval = f"the 95 % interval is {format_interval(model)}"
    is_error = evaluation.main.is_error
    if before < model.low if is_error else before > model.high:
        yield (
            "warning",
            f"{told} {interval}, which is worse. The search fitted the training rows, or the test rows are "
            "unlike them.",
        )
    elif before > model.high if is_error else before < model.low:
        yield "note", f"{told} {interval}, which is better. The test rows may be easier than those to come."


def _describe_golden_column(evaluation: Evaluation) -> Iterator[Message]:
    over, importances = evaluation.over_baseline, evaluation.importances
    if over is None or judge_difference(over) != "better" or len(importances) < 2:
        return
    first = importances[0]
    share = first.drop / over.value
    if share >= _GOLDEN_SHARE:
        yield (
            "warning",
            f"{first.column} alone carries the model: shuffled, it takes "
            f"{format_share(min(share, 1.0), 0)} of the gain over the baseline. Make sure that its "
            "value is known when a prediction is made.",
        )


def _describe_useless_columns(evaluation: Evaluation) -> Iterator[Message]:
    useless = [item.column for item in evaluation.importances if item.drop <= item.spread]
    if not useless:
        return
    count = format_count(len(useless), "column")
    names = ", ".join(useless[:_NAMED_COLUMNS])
    more = len(useless) - _NAMED_COLUMNS
    rest = f" and {more} more" if more > 0 else ""
    yield (
        "note",
        f"{count} of {len(evaluation.importances)} can be shuffled without a loss that shows: "
        f"{names}{rest}. Without them the model needs less data.",
    )


def _describe_overlap(evaluation: Evaluation) -> Iterator[Message]:
    share = evaluation.time_overlap
    if share:
        yield (
            "warning",
            f"{format_share(share)} of the test rows are not later than the last training row. On later rows "
            "the model may do worse than these figures say.",
        )
