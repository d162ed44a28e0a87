"""One trial of a sweep: a family's estimator fitted in every fold, and scored."""

import time
import warnings
from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from components._estimators import FitOptions, FittedEstimator, Parameters, StoppingRows, fit, predict
from components._metrics.scores import compute_score
from components._sweep.folds import FoldSet

_TIMED_ROWS = 10


class OutOfTime(Exception):
    """The budget is spent before a trial has a fit."""


class _FoldFit(NamedTuple):
    """The fit of a fold; its rows to score on, and their predictions."""

    fitted: FittedEstimator
    scored: StoppingRows
    predicted: np.ndarray


class TimeCheck(Protocol):
    """Tells whether a trial must end."""

    def __call__(self, share: float = 1.0) -> bool:
        """Return whether the budget is spent, or this share of the trial's time."""
        ...


def is_never_over(share: float = 1.0) -> bool:
    """Return that there is time: a ``TimeCheck`` without a limit."""
    return False


class RecordedTime:
    """A ``TimeCheck`` that keeps which calls said that the time is over.

    Parameters
    ----------
    is_over : TimeCheck
        What it asks.

    Attributes
    ----------
    stops : list of int
        The numbers of these calls, from 1.
    """

    def __init__(self, is_over: TimeCheck) -> None:
        self._is_over = is_over
        self._n_calls = 0
        self.stops: list[int] = []

    def __call__(self, share: float = 1.0) -> bool:
        """Return whether the time is over."""
        self._n_calls += 1
        if not self._is_over(share):
            return False
        self.stops.append(self._n_calls)
        return True


class RepeatedTime:
    """A ``TimeCheck`` that is over where a recorded one was; a trial asks equally often each time.

    Parameters
    ----------
    stops : collection of int
        The calls at which it is over, from 1.
    """

    def __init__(self, stops: Collection[int]) -> None:
        self._stops = frozenset(stops)
        self._n_calls = 0

    def __call__(self, share: float = 1.0) -> bool:
        """Return whether the time was over."""
        self._n_calls += 1
        return self._n_calls in self._stops


class CrossValidationResult(NamedTuple):
    """The scores, predictions and prediction time of a trial.

    Attributes
    ----------
    fold_scores : list of float
        Score of each fold that was scored; of fewer than all if the time was over or the trial hopeless.
    steps : list of int
        Steps of the fit in each of these folds.
    predicted : ndarray or None
        Predictions for the rows of ``FoldSet.scored_rows``, NaN for those of folds that there was no time
        for; None if the trial was hopeless.
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
    is_over: TimeCheck = is_never_over,
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
    is_over : TimeCheck
        Called before every fold, and in every step of an iterative fit, which then keeps what it has. Each
        fold has an equal share of the trial's time; what one leaves is the next one's.
    is_hopeless : callable
        Whether to end a trial with these scores of the first folds.

    Raises
    ------
    OutOfTime
        The time is spent, and no fold has a fit.
    """
    problem = data.problem
    scores: list[float] = []
    fits: list[_FoldFit] = []
    milliseconds = 0.0
    for number, fold in enumerate(data.folds, start=1):
        if is_over():
            break
        share = number / len(data.folds)
        options = FitOptions(
            problem.kind,
            problem.metric,
            seed,
            threads,
            monotonic=tuple(fold.monotonic.tolist()),
            alternatives=tuple(fold.alternatives.tolist()),
            is_over=partial(is_over, share),
            weights=None if data.weights is None else fold.weights_fit,
        )
        weights = None if data.weights is None else data.weights[fold.score_rows]
        stopping = StoppingRows(fold.X_score, data.y[fold.score_rows], weights)
        with warnings.catch_warnings():
            # A model that has not converged is a candidate too; its score decides.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = fit(family, fold.X_fit, fold.y_fit, parameters, options, stopping)
        predicted = predict(fitted.estimator, fold.X_score, problem.kind)
        if not np.isfinite(predicted).all():
            raise ArithmeticError(f"the predictions of fold {len(scores)} are not all finite")
        value = compute_score(problem.metric, stopping.y, predicted, problem, weights=weights)
        if not np.isfinite(value):
            raise ValueError(f"{problem.metric} is {value} in fold {len(scores)}")
        scores.append(value)
        fits.append(_FoldFit(fitted, stopping, predicted))
        if not milliseconds:
            milliseconds = _measure_predict_ms(fitted.estimator, fold.X_score, data)
        if len(scores) < len(data.folds) and is_hopeless(scores):
            return CrossValidationResult(scores, [fit.fitted.steps for fit in fits], None, milliseconds)
    if not scores:
        raise OutOfTime("the budget was spent before the first fold")
    parts = [_predict_honestly(fits, i) for i in range(len(fits))]
    scores = [
        compute_score(problem.metric, fit.scored.y, part, problem, weights=fit.scored.weights)
        for fit, part in zip(fits, parts, strict=True)
    ]
    steps = [fit.fitted.steps for fit in fits]
    return CrossValidationResult(scores, steps, data.merge_predictions(parts), milliseconds)


def _predict_honestly(fits: list[_FoldFit], i: int) -> np.ndarray:
    """Return the predictions of a fold after as many steps as are best in the other folds on average.

    The rows that choose the number of steps are no fair test of it: few rows make a network look much better
    than it is.
    """
    own = fits[i]
    others = [fit.fitted.steps for j, fit in enumerate(fits) if j != i]
    if own.fitted.predict_after is None or not others:
        return own.predicted
    steps = max(1, round(float(np.mean(others))))
    return own.predicted if steps == own.fitted.steps else own.fitted.predict_after(steps)


def _measure_predict_ms(estimator: object, matrix: np.ndarray, data: FoldSet) -> float:
    """Return the least processor time to predict one row; other work on the machine hardly affects it."""
    seconds = []
    for i in range(min(_TIMED_ROWS, len(matrix))):
        started = time.thread_time()
        predict(estimator, matrix[i : i + 1], data.problem.kind)
        seconds.append(time.thread_time() - started)
    return float(min(seconds) * 1e3)
