"""The mean of values that are not all independent, and its margin of error."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

# One-sided: two standard errors of many independent values.
_CONFIDENCE = 0.977


def compute_mean_and_margin(
    values: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the mean of values and its margin of error; values of one cluster are not independent.

    Liang and Zeger, Biometrika 73, 1986: residuals are added within clusters before they are squared. The
    margin is that of Student's t, with a degree of freedom less than clusters.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values to average.
    clusters : ndarray of int, shape (n_rows,)
        Number of each value's cluster.
    weights : ndarray of shape (n_rows,), optional
        How much each value counts; None if all count alike.
    """
    if weights is None:
        weights = np.ones(len(values))
    mean = float(np.average(values, weights=weights))
    sums = np.bincount(pd.factorize(clusters)[0], weights * (values - mean))
    n = len(sums)
    if n < 2:
        return mean, float("inf")
    error = np.sqrt((sums**2).sum() * n / (n - 1)) / weights.sum()
    return mean, float(stdtrit(n - 1, _CONFIDENCE) * error)
