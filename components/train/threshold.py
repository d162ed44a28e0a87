"""The probability from which a binary model decides for the positive class."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from components._model.scores import F1, choose_threshold_criterion, compute_score, compute_value_curve
from components._problem.metrics import get_sign
from components._problem.spec import OutcomeValue, Problem

_CANDIDATES = 200


class Threshold(NamedTuple):
    """A decision threshold.

    Attributes
    ----------
    value : float
        Least probability of the positive class at which it is decided on.
    reason : str
        What it is best for.
    thresholds, curve : ndarrays of shape (n_candidates,)
        Thresholds, rising, and the figure at each as people write it; of the worth every threshold was
        compared, and these are some.
    """

    value: float
    reason: str
    thresholds: np.ndarray
    curve: np.ndarray


def choose_threshold(y: np.ndarray, probabilities: np.ndarray, problem: Problem) -> Threshold:
    """Return the threshold that is best on out-of-fold predictions.

    Best by the problem's ``choose_threshold_criterion``.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes 0 and 1.
    probabilities : ndarray of shape (n_rows, 2)
        Out-of-fold predictions for the same rows.
    problem : Problem
        The resolved binary problem.
    """
    positive = probabilities[:, 1]
    candidates = np.unique(np.quantile(positive, np.linspace(0, 1, _CANDIDATES), method="nearest"))
    reason = choose_threshold_criterion(problem)
    if problem.value is not None:
        every, values = compute_value_curve(y, positive, problem.value)
        best = every[values.argmax()]
        at = np.searchsorted(-every, -candidates, side="right") - 1
        return Threshold(float(best), reason, candidates, values[at])
    if reason != F1:
        with warnings.catch_warnings():
            # A likelihood ratio, for one, has no value where no negative is decided on.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            curve = np.array(
                [compute_score(problem.metric, y, probabilities, problem, t) for t in candidates]
            )
        best = candidates[np.where(np.isfinite(curve), curve, -np.inf).argmax()]
        return Threshold(float(best), reason, candidates, curve * get_sign(problem.metric))
    curve = _compute_f1(y, positive, candidates)
    return Threshold(float(candidates[curve.argmax()]), reason, candidates, curve)


def _compute_f1(y: np.ndarray, positive: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    # 2 tp / (2 tp + fp + fn), and 2 tp + fp + fn is the number of decisions plus the number of positives.
    ones = OutcomeValue(tp=1.0)
    every, true_positives = compute_value_curve(y, positive, ones)
    at = np.searchsorted(-every, -candidates, side="right") - 1
    decided = 1 - np.searchsorted(np.sort(positive), candidates, side="left") / len(positive)
    return np.asarray(2 * true_positives[at] / (decided + y.mean()))
