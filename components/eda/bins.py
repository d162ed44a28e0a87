"""Bins of histograms."""

import numpy as np

from components.eda.values import compute_iqr_fences

_FEWEST, _MOST = 8, 40


def compute_bin_edges(
    minimum: float, q1: float, q3: float, maximum: float, n_values: int, *, are_whole: bool
) -> np.ndarray:
    """Return the bounds of a histogram's bins, shape (n_bins + 1,).

    The width follows Freedman and Diaconis (Zeitschrift für Wahrscheinlichkeitstheorie 57, 1981), with 8 to
    40 bins. The bins end 3 interquartile ranges beyond the quartiles, so that a few distant values do not
    squeeze all others into one bin.

    Parameters
    ----------
    minimum, q1, q3, maximum : float
        The extremes and the outer quartiles of the values.
    n_values : int
        Their number, at least 1.
    are_whole : bool
        Whether the values are integers; each bin then covers the same number of integers.
    """
    low, high = minimum, maximum
    spread = q3 - q1
    if spread > 0:
        lower, upper = compute_iqr_fences(q1, q3, 3)
        low, high = max(low, lower), min(high, upper)
    if are_whole:
        low, high = np.ceil(low), np.floor(high)
        step = max(1.0, np.ceil((high - low + 1) / _MOST))
        return np.asarray(np.arange(low - 0.5, high + step, step))
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    width = 2 * spread / np.cbrt(n_values)
    n_bins = _MOST if width == 0 else int(np.clip(np.ceil((high - low) / width), _FEWEST, _MOST))
    return np.linspace(low, high, n_bins + 1)
