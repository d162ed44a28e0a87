"""Bins of histograms, and of the target by a column's values."""

from typing import NamedTuple

import numpy as np

from components.eda.values import compute_iqr_fences

_FEWEST, _MOST = 8, 40


class NumberBins(NamedTuple):
    """Bins of numbers, in order.

    Attributes
    ----------
    bounds : ndarray of shape (n_bins - 1,)
        Where one bin ends and the next one, which has the bound itself, begins.
    lows, centres, highs : ndarray of shape (n_bins,)
        What stands for each bin on an axis.
    """

    bounds: np.ndarray
    lows: np.ndarray
    centres: np.ndarray
    highs: np.ndarray


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
    if q3 > q1:
        lower, upper = compute_iqr_fences(q1, q3, 3)
        low, high = max(low, lower), min(high, upper)
    if are_whole:
        first, last = np.ceil(low), np.floor(high)
        step = max(1.0, np.ceil((last - first + 1) / _MOST))
        edges = np.arange(first - 0.5, last + step, step)
        # Beyond 2^53, a float has no neighbour half a unit away.
        if len(edges) > 1:
            return np.asarray(edges)
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    # The range of the largest numbers overflows, half of it does not.
    scale = 1.0 if np.isfinite(high - low) else 0.5
    low, high = low * scale, high * scale
    width = 2 * (q3 * scale - q1 * scale) / np.cbrt(n_values)
    n_bins = _MOST if width == 0 else int(np.clip(np.ceil((high - low) / width), _FEWEST, _MOST))
    return np.linspace(low, high, n_bins + 1) / scale


def build_value_bins(values: np.ndarray) -> NumberBins:
    """Return a bin for each of some different values, in ascending order."""
    return NumberBins(_end_after(values), values, values, values)


def build_quantile_bins(shares: np.ndarray, quantiles: np.ndarray) -> NumberBins:
    """Return bins with about a tenth of the values each; a frequent value has a bin of its own.

    Parameters
    ----------
    shares, quantiles : ndarray of shape (n_shares,)
        Quantiles of the values and their shares from 0 to 1: among them 0, each tenth and the middle of
        each two.
    """
    uppers = np.unique(quantiles[::2])
    ends = shares[np.searchsorted(quantiles, uppers, side="right") - 1]
    starts = np.concatenate([[0.0], ends[:-1]])
    # The minimum is a bin only where it is frequent.
    if len(uppers) > 1 and ends[0] < shares[2]:
        uppers, ends, starts = uppers[1:], ends[1:], np.concatenate([[0.0], ends[1:-1]])
    lows = np.interp(starts, shares, quantiles)
    centres = np.interp((starts + ends) / 2, shares, quantiles)
    return NumberBins(_end_after(uppers), lows, centres, uppers)


def build_time_bins(edges: np.ndarray) -> NumberBins:
    """Return bins between some bounds, shape (n_bins + 1,), in seconds since 1970."""
    return NumberBins(edges[1:-1], edges[:-1], (edges[:-1] + edges[1:]) / 2, edges[1:])


def _end_after(uppers: np.ndarray) -> np.ndarray:
    return np.asarray(np.nextafter(uppers[:-1], np.inf))
