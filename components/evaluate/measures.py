"""Every metric of a task on the test rows, with bootstrap intervals, for the model and its contenders."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from components._metrics.bootstrap import estimate_interval, resample_statistics
from components._metrics.estimate import Estimate
from components._metrics.scores import compute_mean_value, decide, resolve_scorer
from components._metrics.statistics import Statistic, build_statistic, score_all_rows
from components._problem.metrics import VALUE, get_sign
from components._problem.spec import OutcomeValue, Problem
from components._problem.task import TaskKind
from components.evaluate.contenders import Contender
from components.evaluate.evaluation import DecisionWorth, Measure

_USUAL: dict[TaskKind, tuple[str, ...]] = {
    "binary": (
        "roc_auc",
        "average_precision",
        "neg_log_loss",
        "neg_brier_score",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "matthews_corrcoef",
    ),
    "multiclass": (
        "neg_log_loss",
        "accuracy",
        "balanced_accuracy",
        "precision_macro",
        "recall_macro",
        "f1_macro",
        "f1_weighted",
        "roc_auc_ovr",
        "matthews_corrcoef",
    ),
    "regression": (
        "neg_root_mean_squared_error",
        "neg_mean_absolute_error",
        "neg_median_absolute_error",
        "r2",
    ),
}


class ContenderComparison(NamedTuple):
    """The model compared with its contenders.

    Attributes
    ----------
    measures : tuple of Measure
        Every metric, the main one first.
    over_baseline, over_simple : Estimate or None
        By how much the model's main metric is better; None if it is undefined.
    """

    measures: tuple[Measure, ...]
    over_baseline: Estimate | None
    over_simple: Estimate | None


def compare_contenders(
    model: Contender,
    baseline: Contender,
    simple: Contender,
    y: np.ndarray,
    problem: Problem,
    seed: int,
    weights: np.ndarray | None = None,
) -> ContenderComparison:
    """Measure the model and its contenders on the same rows and the same resamples.

    Intervals are percentile bootstrap intervals (Efron and Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13). Differences are paired: both models are scored on the same resample.

    Parameters
    ----------
    model, baseline, simple : Contender
        Predictions for the test rows.
    y : ndarray of shape (n_rows,)
        Encoded target of the test rows.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the resamples.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    scorers = _list_scorers(problem)

    def build_statistics(contender: Contender, names: Sequence[str]) -> list[Statistic]:
        return [
            build_statistic(name, y, contender.predictions, problem, contender.threshold) for name in names
        ]

    statistics = build_statistics(model, scorers)
    statistics += [*build_statistics(baseline, scorers[:1]), *build_statistics(simple, scorers[:1])]
    is_class = problem.kind != "regression"
    resampled = resample_statistics(statistics, y, is_class=is_class, seed=seed, weights=weights)
    measures = []
    for scorer, column in zip(scorers, resampled.T, strict=False):
        point, constant, linear = (
            score_all_rows(scorer, y, c.predictions, problem, c.threshold, weights)
            for c in (model, baseline, simple)
        )
        direction = get_sign(scorer)
        measures.append(
            Measure(
                scorer,
                None if point is None else estimate_interval(direction * point, direction * column),
                None if constant is None else direction * constant,
                None if linear is None else direction * linear,
            )
        )
    main = measures[0]
    over = [
        _estimate_difference(main, theirs, resampled[:, 0] - resampled[:, len(scorers) + i])
        for i, theirs in enumerate((main.baseline, main.simple))
    ]
    return ContenderComparison(tuple(measures), *over)


def compute_worth(
    model: Contender, y: np.ndarray, value: OutcomeValue, weights: np.ndarray | None = None
) -> DecisionWorth:
    """Return what the model's decisions are worth, and always or never predicting positive."""
    decisions = decide(model.predictions, model.threshold)
    totals = (
        compute_mean_value(y, d, value, weights) * len(y)
        for d in (decisions, np.ones_like(y), np.zeros_like(y))
    )
    return DecisionWorth(*totals)


def _list_scorers(problem: Problem) -> list[str]:
    named = [VALUE] if problem.value is not None else []
    # Gates are judged by these figures, so the table must include their metrics.
    gated = [resolve_scorer(gate.metric, problem) for gate in problem.gates]
    usual = _USUAL[problem.kind]
    return list(dict.fromkeys([resolve_scorer(problem.metric, problem), *named, *gated, *usual]))


def _estimate_difference(main: Measure, theirs: float | None, resampled: np.ndarray) -> Estimate | None:
    if main.model is None or theirs is None:
        return None
    # + 0.0 turns -0.0 into 0.0.
    return estimate_interval(get_sign(main.scorer) * (main.model.value - theirs) + 0.0, resampled + 0.0)
