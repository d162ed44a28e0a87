"""One trial: fit a family's estimator in every fold, and score it."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from components._model.families import Parameters, build, predictions
from components._model.folds import FoldSet
from components._model.scoring import score


class OutOfTime(Exception):
    """The budget was spent while the trial ran."""


def cross_validate(
    family: str,
    parameters: Parameters,
    data: FoldSet,
    seed: int,
    threads: int,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[list[float], np.ndarray]:
    """Return the score of each fold, and the predictions for the rows of ``data.scored_rows``.

    Parameters
    ----------
    family : str
        Key of ``FAMILIES``.
    parameters : dict
        The family's parameters.
    data : FoldSet
        The folds.
    seed : int
        Seed of the estimator.
    threads : int
        Threads that the estimator may use.
    is_over : callable
        Whether the budget is spent; asked before every fold.

    Raises
    ------
    OutOfTime
        The budget is spent.
    """
    kind = data.problem.kind
    scores: list[float] = []
    parts = []
    for fold in data.folds:
        if is_over():
            raise OutOfTime(f"the budget was spent after {len(scores)} of {len(data.folds)} folds")
        estimator = build(family, kind, parameters, seed, threads)
        with warnings.catch_warnings():
            # A linear model short of convergence is a candidate like any other; its score tells.
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(fold.X_fit, fold.y_fit)
        predicted = np.asarray(predictions(estimator, fold.X_score, kind))
        value = score(data.problem.metric, data.y[fold.score_rows], predicted, data.problem)
        if not np.isfinite(value):
            raise ValueError(f"{data.problem.metric} is {value} in fold {len(scores)}")
        scores.append(value)
        parts.append(predicted)
    order = np.argsort(np.concatenate([fold.score_rows for fold in data.folds]), kind="stable")
    return scores, np.concatenate(parts)[order]
