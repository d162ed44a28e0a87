"""Regressions whose metric compares logarithms learn the logarithm."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

# Their error is that of log(1 + y), so squared error of it is the loss to minimise.
_OF_LOGARITHMS = ("neg_mean_squared_log_error", "neg_root_mean_squared_log_error")


def learns_logarithm(metric: str) -> bool:
    """Return whether a metric compares the logarithms of 1 + y; the target is above -1 then."""
    return metric in _OF_LOGARITHMS


class LogarithmRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted estimator of log(1 + y), which predicts y.

    Parameters
    ----------
    estimator : estimator
        Fitted on the logarithms.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the values, shape (n_rows,)."""
        return np.asarray(np.expm1(self.estimator.predict(X)))
