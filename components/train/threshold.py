"""The least probability at which a binary model predicts the positive class."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from components._metrics.scores import F1, choose_threshold_criterion, compute_score, compute_value_curve
from components._problem.metrics import get_sign
from components._problem.spec import OutcomeValue, Problem

_CANDIDATES = 200


class Threshold(NamedTuple):
    """A decision threshold.

    Attributes
    ----------
    value : float
        Least probability of the positive class at which it is predicted.
    reason : str
        The criterion that it is best for.
    thresholds, curve : ndarrays of shape (n_candidates,)
        Rising thresholds, and the criterion at each, errors positive. By worth, every threshold was compared,
        and these are some of them.
    """

    value: float
    reason: str
    thresholds: np.ndarray
    curve: np.ndarray


def choose_threshold(
    y: np.ndarray, probabilities: np.ndarray, problem: Problem, weights: np.ndarray | None = None
) -> Threshold:
    """Return the threshold that is best by ``choose_threshold_criterion`` on out-of-fold predict.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes 0 and 1.
    probabilities : ndarray of shape (n_rows, 2)
        Out-of-fold predictions for the same rows.
    problem : Problem
        The resolved binary problem.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    positive = probabilities[:, 1]
    candidates = np.unique(np.quantile(positive, np.linspace(0, 1, _CANDIDATES), method="nearest"))
    reason = choose_threshold_criterion(problem)
    if problem.value is not None:
        best, curve = _compute_mean_worths(y, positive, problem.value, candidates, weights)
        return Threshold(best, reason, candidates, curve)
    if reason != F1:
        with warnings.catch_warnings():
            # A likelihood ratio, for example, has no value if no row is predicted negative.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            curve = np.array(
                [compute_score(problem.metric, y, probabilities, problem, t, weights) for t in candidates]
            )
        best = candidates[np.where(np.isfinite(curve), curve, -np.inf).argmax()]
        return Threshold(float(best), reason, candidates, curve * get_sign(problem.metric))
    curve = _compute_f1(y, positive, candidates, weights)
    return Threshold(float(candidates[curve.argmax()]), reason, candidates, curve)


def _compute_f1(
    y: np.ndarray, positive: np.ndarray, candidates: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    # F1 is 2 tp / (2 tp + fp + fn), and 2 tp + fp + fn is the number of predicted plus actual positives.
    _, true_positives = _compute_mean_worths(y, positive, OutcomeValue(tp=1.0), candidates, weights)
    _, false_positives = _compute_mean_worths(y, positive, OutcomeValue(fp=1.0), candidates, weights)
    actual = np.average(y, weights=weights)
    return np.asarray(2 * true_positives / (true_positives + false_positives + actual))


def _compute_mean_worths(
    y: np.ndarray,
    positive: np.ndarray,
    worth: OutcomeValue,
    candidates: np.ndarray,
    weights: np.ndarray | None,
) -> tuple[float, np.ndarray]:
    """Return the best of all thresholds, and the mean worth per row at each candidate."""
    thresholds, values = compute_value_curve(y, positive, worth, weights)
    steps = np.searchsorted(-thresholds, -candidates, side="right") - 1
    return float(thresholds[values.argmax()]), values[steps]
