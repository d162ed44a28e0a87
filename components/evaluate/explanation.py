"""Explanations that the page and the card share."""

from components._metrics.estimate import Estimate
from components._metrics.paired_resamples import describe_resampled_rows
from components._metrics.scores import choose_threshold_criterion
from components._model.predicted_table import describe_predicted_rows
from components._problem.spec import Problem
from components._report.formats import format_significant
from components.evaluate.evaluation import Evaluation, SliceSearch
from components.evaluate.importance import count_shuffled_rows
from components.evaluate.number_format import format_apart, format_estimate
from components.evaluate.significance import judge_difference

GROUPS_NOTE = "The model does not use these columns, but its results may still differ between their groups."


def explain_figures(evaluation: Evaluation, problem: Problem) -> list[str]:
    """Return a paragraph for each figure that looks wrong but is not, and what the figures count."""
    counted = describe_samples(evaluation)
    if problem.weight is not None:
        counted.append(
            f"Metrics count each row by its {problem.weight!r}; curves and counts count each row once."
        )
    return [*counted, *_explain_accuracy(evaluation, problem)]


def describe_samples(evaluation: Evaluation) -> list[str]:
    """Return a sentence for each figure that is of some of the rows only."""
    used = evaluation.used
    learned = [("baseline was computed from", used.baseline), ("linear model was fitted on", used.simple)]
    return [
        *describe_predicted_rows(used.scored, evaluation.rows_test),
        *describe_resampled_rows(used.resampled, used.scored),
        *(
            f"The {what} {n:,} of the {evaluation.rows_train:,} training rows, drawn at random."
            for what, n in learned
            if n < evaluation.rows_train
        ),
    ]


def _explain_accuracy(evaluation: Evaluation, problem: Problem) -> list[str]:
    accuracy = next((m.model for m in evaluation.measures if m.scorer == "accuracy" and m.model), None)
    if accuracy is None or evaluation.majority is None or accuracy.value >= evaluation.majority[1]:
        return []
    label, share = evaluation.majority
    shown = format_apart(accuracy, share)
    fact = (
        f"Accuracy is {shown[0]}. A model that always predicts {label!r} would have "
        f"{shown[1]}, because that share of the test rows is of this class."
    )
    if judge_difference(evaluation.over_baseline) != "better":
        return [f"{fact} The model is not shown to be better than the baseline."]
    criterion = choose_threshold_criterion(problem)
    if evaluation.threshold is None or criterion == "accuracy":
        return [f"{fact} The model finds other classes, but makes more wrong decisions."]
    return [
        f"{fact} The decision threshold, {format_significant(evaluation.threshold)}, was chosen for "
        f"{criterion}, which accepts more wrong decisions to find more of the other class: judge the "
        "decisions by that."
    ]


def explain_threshold(evaluation: Evaluation, problem: Problem) -> str:
    """Return when a binary model predicts the positive class, and why from this threshold on."""
    return (
        f"Predicts {str(problem.positive_label)!r} when the probability is at least "
        f"{format_significant(evaluation.threshold)}. This threshold was best for "
        f"{choose_threshold_criterion(problem)} on out-of-fold predictions of the training rows."
    )


def explain_importances(evaluation: Evaluation) -> str:
    """Return what the importance of a column is, and on which rows it was computed."""
    n_used = count_shuffled_rows(evaluation.rows_test, len(evaluation.importances))
    rows = "the test rows"
    if n_used < evaluation.rows_test:
        rows = f"{n_used:,} of the {evaluation.rows_test:,} test rows, drawn at random"
    return (
        f"By how much {evaluation.main.title} worsens when a column's values are shuffled among {rows}, "
        "± the standard deviation over the repeats. Columns that hold the same information share their "
        "importance."
    )


def conclude_groups(evaluation: Evaluation) -> list[str]:
    """Return which sensitive groups the model serves worse or better than the other rows, in sentences."""
    if not evaluation.groups:
        return []
    title = evaluation.main.title
    together = f"(intervals hold for all {len(evaluation.groups)} groups together)"
    sentences = [
        f"{title} of the rows with {group.column} {group.value} is {judge_difference(group.gap)} "
        f"than that of the other rows: by {format_estimate(_get_size(group.gap))}."
        for group in evaluation.groups
        if group.gap is not None and judge_difference(group.gap) in ("better", "worse")
    ]
    if sentences:
        sentences[-1] = f"{sentences[-1][:-1]} {together}."
    else:
        sentences = [
            f"No group's {title} differs from that of the other rows by more than chance {together}."
        ]
    unknown = [f"{g.column} {g.value}" for g in evaluation.groups if judge_difference(g.gap) == "unknown"]
    if unknown:
        sentences.append(f"There are too few rows to compare {', '.join(unknown)}.")
    return sentences


def explain_search(search: SliceSearch, problem: Problem) -> str:
    """Return what a search for slices compared, and what it found."""
    loss = "absolute error" if problem.kind == "regression" else "log loss"
    if not search.n_slices:
        return f"The {search.n_rows:,} test rows are too few to look for values where the model does worse."
    what = (
        f"The mean {loss} of {search.n_slices:,} bins and categories of the {search.n_columns:,} most "
        "important columns, and of pairs of the first five, was compared with that of the other rows, on "
        f"{search.n_rows:,} test rows."
    )
    if not search.slices:
        return f"{what} Nowhere is it higher by more than chance."
    return (
        f"{what} These have a higher one by more than chance; the intervals hold for all of them together. "
        "Rows may be hard to predict by nature: where mean prediction and mean target differ, the model errs."
    )


def _get_size(gap: Estimate) -> Estimate:
    return gap if gap.value > 0 else gap.negate()
