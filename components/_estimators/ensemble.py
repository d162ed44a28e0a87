"""The last part of a model: one or several fitted estimators, averaged and calibrated."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from components._compiled.predictions import calibrate_outputs, sum_weighted, to_probabilities
from components._estimators import predict
from components._estimators.prefit_estimator import PrefitEstimator
from components._problem.task import TaskKind


def average_predictions(parts: list[np.ndarray], weights: list[float]) -> np.ndarray:
    """Return the weighted mean of predictions of one shape; the weights add up to 1."""
    if len(parts) == 1:
        return parts[0]
    # Rounding may leave a mean outside its parts, such as a probability above 1.
    total = sum_weighted(parts, weights)
    return np.asarray(np.clip(total, np.minimum.reduce(parts), np.maximum.reduce(parts)))


def calibrate(probabilities: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Return probabilities with their logits multiplied by a slope and, for two classes, shifted.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
        Probabilities to calibrate.
    slope, intercept : float
        1 and 0 change nothing; only two classes use the intercept, for the logit of the second.
    """
    if slope == 1 and intercept == 0:
        return probabilities
    outputs = probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities
    return to_probabilities(calibrate_outputs(outputs, slope, intercept))


class _Ensemble(PrefitEstimator):
    """Fitted estimators and their weights, which are above 0 and add up to 1."""

    kind: TaskKind
    members: list[Any]
    weights: list[float]

    def _predict_mean(self, X: np.ndarray) -> np.ndarray:
        return average_predictions([predict(part, X, self.kind) for part in self.members], self.weights)


class EnsembleRegressor(RegressorMixin, _Ensemble):  # type: ignore[misc]
    """The weighted mean of regressors, one or several."""

    kind: TaskKind = "regression"

    def __init__(self, members: list[Any], weights: list[float]) -> None:
        self.members = members
        self.weights = weights

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the values, shape (n_rows,)."""
        return self._predict_mean(X)


class EnsembleClassifier(ClassifierMixin, _Ensemble):  # type: ignore[misc]
    """The weighted mean of classifiers' probabilities, one or several, calibrated.

    Parameters
    ----------
    kind : {"binary", "multiclass"}
        The task.
    members : list of estimators
        Classifiers fitted on codes 0 to ``n_classes - 1``.
    weights : list of float
        Weight of each, above 0; they add up to 1.
    slope, intercept : float
        See ``calibrate``.
    """

    def __init__(
        self,
        kind: TaskKind,
        members: list[Any],
        weights: list[float],
        slope: float = 1.0,
        intercept: float = 0.0,
    ) -> None:
        self.kind = kind
        self.members = members
        self.weights = weights
        self.slope = slope
        self.intercept = intercept

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return calibrate(self._predict_mean(X), self.slope, self.intercept)
