"""Every metric of a task on the test rows, with bootstrap intervals, for the model and its contenders."""

from typing import NamedTuple

import numpy as np

from components._metrics.bootstrap import estimate_interval
from components._metrics.estimate import Estimate
from components._metrics.paired_resamples import ScoredModel, resample_scores
from components._metrics.scores import compute_mean_value, decide, resolve_scorer
from components._metrics.statistics import score_all_rows
from components._problem.metrics import VALUE, get_sign
from components._problem.spec import OutcomeValue, Problem
from components._problem.task import TaskKind
from components.evaluate.contenders import Contender
from components.evaluate.evaluation import DecisionWorth, Measure
from components.memory import DEFAULT_MEMORY

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
    n_resampled : int
        Rows that the resamples are drawn from.
    """

    measures: tuple[Measure, ...]
    over_baseline: Estimate | None
    over_simple: Estimate | None
    n_resampled: int


def compare_contenders(
    model: Contender,
    baseline: Contender,
    simple: Contender,
    y: np.ndarray,
    problem: Problem,
    seed: int,
    weights: np.ndarray | None = None,
    memory: int = DEFAULT_MEMORY,
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
    memory : int
        Bytes that the stage may use.
    """
    scorers = _list_scorers(problem)

    def score(contender: Contender) -> dict[str, float | None]:
        return {
            name: score_all_rows(name, y, contender.predictions, problem, contender.threshold, weights)
            for name in scorers
        }

    scores = [score(contender) for contender in (model, baseline, simple)]
    # Of the contenders, only the main metric is compared.
    models = [
        ScoredModel(contender.predictions, contender.threshold, {name: of[name] for name in names})
        for contender, of, names in zip(
            (model, baseline, simple), scores, (scorers, scorers[:1], scorers[:1]), strict=True
        )
    ]
    resampled, n_resampled = resample_scores(models, y, problem, seed, weights, memory)
    measures = []
    for scorer, column in zip(scorers, resampled.T, strict=False):
        point, constant, linear = (of[scorer] for of in scores)
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
    over_baseline, over_simple = (
        _estimate_difference(main, theirs, resampled[:, 0] - resampled[:, len(scorers) + i])
        for i, theirs in enumerate((main.baseline, main.simple))
    )
    return ContenderComparison(tuple(measures), over_baseline, over_simple, n_resampled)


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
