"""Whether the model differs from a simpler one by more than chance, and the words for it."""

from typing import Literal

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import Evaluation
from components.evaluate.number_format import format_apart, format_estimate, format_interval

Standing = Literal["better", "the same", "worse", "unknown"]
RULE = (
    "Better means that the 95 % interval of the difference is above 0, worse that it is below 0, and "
    "the same that it contains 0. Both models are scored on the same resamples of the test rows."
)


def judge_difference(over: Estimate | None) -> Standing:
    """Return how the model compares with a contender, from the gain in its main metric."""
    if over is None or over.low is None or over.high is None:
        return "unknown"
    if over.low > 0:
        return "better"
    return "worse" if over.high < 0 else "the same"


def describe_caveat(evaluation: Evaluation) -> str:
    """Return why a model that passed its gates may still not be worth using, to follow "passed, but"."""
    main = evaluation.main
    if main.model is None:
        return f"{main.title} is undefined on the test rows"
    itself = ": it is one itself" if evaluation.is_simple else ""
    for name, theirs, over, remark in (
        ("the baseline", main.baseline, evaluation.over_baseline, ""),
        ("a linear model", main.simple, evaluation.over_simple, itself),
    ):
        if over is not None and theirs is not None and judge_difference(over) != "better":
            return f"no better than {name} ({' against '.join(format_apart(main.model, theirs))}){remark}"
    return ""


def describe_differences(evaluation: Evaluation) -> list[str]:
    """Return a sentence for each contender: whether the model is better, and by how much."""
    contenders = (("baseline", evaluation.over_baseline), ("linear model", evaluation.over_simple))
    return [_describe_difference(name, over) for name, over in contenders if over is not None]


def describe_comparison(over: Estimate | None, *, is_simple: bool = False) -> str:
    """Return how the model compares with a contender, as the end of a line; empty if that is not known."""
    if over is None:
        return ""
    itself = "; it is a linear model itself" if is_simple else ""
    if over.low is None or over.high is None:
        return f"there are too few rows to tell the two apart{itself}"
    gain = f"95 % interval of its gain {format_interval(over)}"
    return f"the model is {judge_difference(over)} ({gain}){itself}"


def _describe_difference(name: str, over: Estimate) -> str:
    standing = judge_difference(over)
    if standing == "better":
        return f"Better than the {name} by {format_estimate(over)}."
    if standing == "worse":
        return f"Worse than the {name} by {format_estimate(over.negate())}."
    if standing == "the same":
        return f"The same as the {name} within chance: the difference is {format_estimate(over)}."
    return (
        f"There are too few rows to tell the model and the {name} apart: the difference is "
        f"{format_estimate(over)}."
    )
