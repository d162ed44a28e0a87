"""Figures that look wrong and are not, explained where they are shown."""

from components._model.scores import choose_threshold_criterion
from components._problem.spec import Problem
from components.evaluate.evaluation import Evaluation
from components.evaluate.number_format import format_figure
from components.evaluate.significance import judge_difference


def explain_figures(evaluation: Evaluation, problem: Problem) -> list[str]:
    """Return a paragraph for each figure that a reader would wonder at."""
    accuracy = next((m.model for m in evaluation.measures if m.scorer == "accuracy" and m.model), None)
    if accuracy is None or evaluation.majority is None or accuracy.value >= evaluation.majority[1]:
        return []
    label, share = evaluation.majority
    fact = (
        f"Accuracy is {format_figure(accuracy.value)}, and always deciding {label!r} would have "
        f"{format_figure(share)}, "
        "because so many of the test rows are of that class."
    )
    if judge_difference(evaluation.over_baseline) != "better":
        return [f"{fact} The model is not shown to be better than the baseline."]
    criterion = choose_threshold_criterion(problem)
    if evaluation.threshold is None or criterion == "accuracy":
        return [f"{fact} The model finds other classes at the price of more wrong decisions."]
    return [
        f"{fact} The decision threshold, {format_figure(evaluation.threshold)}, was chosen for "
        f"{criterion}, which "
        "accepts more wrong decisions to find more of the other class: judge the decisions by that."
    ]
