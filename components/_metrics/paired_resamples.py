"""Scores of several models on the same resamples; of very many rows, on resamples of some of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from components._metrics.bootstrap import resample_statistics
from components._metrics.statistics import build_statistic
from components._problem.spec import Problem

# What a metric keeps of a row, for itself and for each output: its order, its class, its decision.
_SCORE_BYTES = 16


class ScoredModel(NamedTuple):
    """A model's predictions, and its scores on all rows.

    Attributes
    ----------
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    threshold : float or None
        Least probability of the positive class at which it is predicted; None for the likeliest class.
    scores : dict of str to (float or None)
        Scores of all rows by scorer, larger is better; None if undefined.
    """

    predictions: np.ndarray
    threshold: float | None
    scores: dict[str, float | None]


class PairedResamples(NamedTuple):
    """Scores of the same resamples.

    Attributes
    ----------
    scores : ndarray of shape (n_resamples, n_scores)
        A column for each score of each model, in order; NaN where undefined.
    n_rows : int
        Rows that the resamples are drawn from.
    """

    scores: np.ndarray
    n_rows: int


def resample_scores(
    models: Sequence[ScoredModel],
    y: np.ndarray,
    problem: Problem,
    seed: int,
    weights: np.ndarray | None,
    memory: int,
) -> PairedResamples:
    """Return the scores of resamples of the rows.

    Where the metrics of all rows do not fit into a quarter of the memory, the resamples are of m of the n
    rows, drawn at random. Their distances from the scores of these m rows are then scaled by sqrt(m / n), as
    those of a mean (Politis, Romano and Wolf, Subsampling, 1999), and added to the scores of all rows.

    Parameters
    ----------
    models : sequence of ScoredModel
        The models.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the resamples.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    memory : int
        Bytes that the stage may use.
    """
    chosen = _choose_rows(len(y), models, seed, memory)
    some, own, counts = models, y, weights
    if chosen is not None:
        some = [model._replace(predictions=model.predictions[chosen]) for model in models]
        own, counts = y[chosen], None if weights is None else weights[chosen]
    statistics = [
        build_statistic(scorer, own, model.predictions, problem, model.threshold)
        for model in some
        for scorer in model.scores
    ]
    is_class = problem.kind != "regression"
    resampled = resample_statistics(statistics, own, is_class=is_class, seed=seed, weights=counts)
    if chosen is None:
        return PairedResamples(resampled, len(y))
    once = np.ones((1, len(own))) if counts is None else counts[None, :]
    of_some = np.concatenate([statistic(once) for statistic in statistics])
    of_all = np.array([score for model in models for score in model.scores.values()], dtype=np.float64)
    return PairedResamples(of_all + (resampled - of_some) * np.sqrt(len(own) / len(y)), len(own))


def describe_resampled_rows(n_resampled: int, n_rows: int) -> list[str]:
    """Return a sentence on the resamples, if they are of some of the scored rows only."""
    if n_resampled == n_rows:
        return []
    return [
        f"Intervals are from resamples of {n_resampled:,} test rows, drawn at random, and scaled to the "
        f"{n_rows:,} rows of the metrics."
    ]


def _choose_rows(n_rows: int, models: Sequence[ScoredModel], seed: int, memory: int) -> np.ndarray | None:
    """Return the rows to draw resamples from, ascending; None for all."""
    n_scores = sum(len(model.scores) for model in models)
    n_outputs = models[0].predictions[0].size
    most = memory // 4 // (_SCORE_BYTES * n_scores * (1 + n_outputs))
    if n_rows <= most:
        return None
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))
