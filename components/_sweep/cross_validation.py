"""One trial of a sweep: a family's estimator fitted in every fold, and scored."""

import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from components._estimators import FitOptions, OutOfTime, Parameters, StoppingRows, fit, predict
from components._metrics.scores import compute_score
from components._sweep.folds import FoldSet

_TIMED_ROWS = 10


class CrossValidationResult(NamedTuple):
    """The scores, predictions and prediction time of a trial.

    Attributes
    ----------
    fold_scores : list of float
        Score of each fold that was scored.
    steps : list of int
        Steps of the fit in each of these folds.
    predicted : ndarray or None
        Predictions for the rows of ``FoldSet.scored_rows``; None if the trial was ended early.
    predict_ms : float
        Processor time to predict one row, in milliseconds.
    """

    fold_scores: list[float]
    steps: list[int]
    predicted: np.ndarray | None
    predict_ms: float


def cross_validate(
    family: str,
    parameters: Parameters,
    data: FoldSet,
    seed: int,
    threads: int,
    is_over: Callable[[], bool] = lambda: False,
    is_hopeless: Callable[[list[float]], bool] = lambda scores: False,
) -> CrossValidationResult:
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
        Whether the time is spent; called before every fold, and in every step of an iterative fit.
    is_hopeless : callable
        Whether to end a trial with these scores of the first folds.

    Raises
    ------
    OutOfTime
        The time is spent.
    """
    problem = data.problem
    scores: list[float] = []
    steps: list[int] = []
    parts = []
    milliseconds = 0.0
    for fold in data.folds:
        options = FitOptions(
            problem.kind,
            problem.metric,
            seed,
            threads,
            monotonic=tuple(fold.monotonic.tolist()),
            alternatives=tuple(fold.alternatives.tolist()),
            is_over=is_over,
            weights=None if data.weights is None else fold.weights_fit,
        )
        weights = None if data.weights is None else data.weights[fold.score_rows]
        stopping = StoppingRows(fold.X_score, data.y[fold.score_rows], weights)
        try:
            if is_over():
                raise OutOfTime("the time is over")
            with warnings.catch_warnings():
                # A model that has not converged is a candidate too; its score decides.
                warnings.simplefilter("ignore", ConvergenceWarning)
                fitted = fit(family, fold.X_fit, fold.y_fit, parameters, options, stopping)
        except OutOfTime:
            done = f"{len(scores)} of {len(data.folds)} folds"
            raise OutOfTime(f"the budget was spent after {done}") from None
        predicted = predict(fitted.estimator, fold.X_score, problem.kind)
        if not np.isfinite(predicted).all():
            raise ArithmeticError(f"the predictions of fold {len(scores)} are not all finite")
        value = compute_score(problem.metric, stopping.y, predicted, problem, weights=weights)
        if not np.isfinite(value):
            raise ValueError(f"{problem.metric} is {value} in fold {len(scores)}")
        scores.append(value)
        steps.append(fitted.steps)
        parts.append(predicted)
        if not milliseconds:
            milliseconds = _measure_predict_ms(fitted.estimator, fold.X_score, data)
        if len(scores) < len(data.folds) and is_hopeless(scores):
            return CrossValidationResult(scores, steps, None, milliseconds)
    return CrossValidationResult(scores, steps, data.merge_predictions(parts), milliseconds)


def _measure_predict_ms(estimator: object, matrix: np.ndarray, data: FoldSet) -> float:
    """Return the least processor time to predict one row; other work on the machine hardly affects it."""
    seconds = []
    for i in range(min(_TIMED_ROWS, len(matrix))):
        started = time.thread_time()
        predict(estimator, matrix[i : i + 1], data.problem.kind)
        seconds.append(time.thread_time() - started)
    return float(min(seconds) * 1e3)
