"""A regression learns the logarithm of its target if the metric compares logarithms."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from components._estimators.prediction import predict
from components._estimators.prefit_estimator import PrefitEstimator

# They compare log(1 + y), so the squared error of log(1 + y) is the loss to minimise.
_OF_LOGARITHMS = ("neg_mean_squared_log_error", "neg_root_mean_squared_log_error")


def learns_logarithm(metric: str) -> bool:
    """Return whether a metric compares the logarithms of 1 + y, so that all y are above -1."""
    return metric in _OF_LOGARITHMS


class LogarithmRegressor(RegressorMixin, PrefitEstimator):  # type: ignore[misc]
    """A fitted estimator of log(1 + y), which predicts y.

    Parameters
    ----------
    estimator : estimator
        Fitted on the logarithms.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the values, shape (n_rows,)."""
        return np.asarray(np.expm1(predict(self.estimator, X, "regression")))
