"""Slope and intercept that make probabilities fit the classes that came true."""

import numpy as np
from scipy.optimize import minimize

from components._estimators.ensemble import calibrate


def fit_calibration(y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    """Return the slope and intercept of ``calibrate`` with the least log loss.

    Parameters
    ----------
    y : ndarray of int, shape (n_rows,)
        Numbers of the classes.
    predicted : ndarray of shape (n_rows, n_classes)
        Probabilities.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    is_binary = predicted.shape[1] == 2

    def compute_loss(values: np.ndarray) -> float:
        intercept = float(values[1]) if is_binary else 0.0
        losses = compute_log_losses(y, calibrate(predicted, float(values[0]), intercept))
        return float(np.average(losses, weights=weights))

    start = np.array([1.0, 0.0] if is_binary else [1.0])
    found = minimize(compute_loss, start, method="L-BFGS-B", bounds=[(0.05, 20.0), (-5.0, 5.0)][: len(start)])
    return float(found.x[0]), float(found.x[1]) if is_binary else 0.0


def compute_log_losses(y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the log loss of each row."""
    return np.asarray(-np.log(np.clip(predicted[np.arange(len(y)), y], 1e-12, 1)))
