"""How a model stands to a simpler one on the same test rows, and what must be said of it."""

from typing import Literal

from components._model.bootstrap import Estimate
from components.evaluate.evaluation import Evaluation
from components.evaluate.number_format import format_two_figures

Standing = Literal["better", "the same", "worse", "unknown"]
_ITSELF = ": it is one itself"
RULE = (
    "Better means that the 95 % interval of the difference is above 0, worse that it is below 0, the same "
    "that it holds 0; both sides are judged on the same resamples of the test rows."
)


def judge_difference(over: Estimate | None) -> Standing:
    """Return how the model stands to a contender, by how much its main metric is better."""
    if over is None or over.low is None or over.high is None:
        return "unknown"
    if over.low > 0:
        return "better"
    return "worse" if over.high < 0 else "the same"


def describe_caveat(evaluation: Evaluation) -> str:
    """Return why a model that passed its gates may not be worth having, after "passed, but"; else nothing."""
    main = evaluation.main
    if main.model is None:
        return f"{main.name} is undefined on the test rows"
    for name, theirs, over, remark in (
        ("the baseline", main.baseline, evaluation.over_baseline, ""),
        ("a linear model", main.simple, evaluation.over_simple, _ITSELF if evaluation.is_simple else ""),
    ):
        if over is not None and theirs is not None and judge_difference(over) != "better":
            return f"no better than {name} ({format_two_figures(main.model.value, theirs)}){remark}"
    return ""


def describe_comparison(over: Estimate | None, *, is_simple: bool = False) -> str:
    """Return how the model stands to a contender, as the end of a line; empty where that is not known.

    Parameters
    ----------
    over : Estimate or None
        By how much the model's main metric is better.
    is_simple : bool
        Whether the model is itself of the contender's family.
    """
    if over is None:
        return ""
    known = judge_difference(over)
    itself = "; it is a linear model itself" if is_simple else ""
    if over.low is None or over.high is None:
        return f"the rows are too few to tell the two apart{itself}"
    return f"the model is {known} (95 % interval of its gain {over.low:.2g} to {over.high:.2g}){itself}"
