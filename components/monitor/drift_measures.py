"""How far two distributions over the same bins are apart."""

import numpy as np
from scipy.special import kolmogorov, rel_entr
from scipy.stats import chi2

from components.monitor.column_bins import ColumnBins

# What a null instead of a number counts, in standard deviations: nulls in a tenth more of the rows are as far
# as a shift by a tenth of a standard deviation.
_NULL_DISTANCE = 1.0
_PSI_GROUPS = 10
# Pseudo-rows in each bin of a PSI, whose logarithm has no value at zero.
_PSI_ROWS = 0.5
# Bins with a smaller expected count are joined for chi-squared (Cochran 1954).
_LEAST_EXPECTED = 5.0


def compute_distance(bins: ColumnBins, reference: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return the distance of a column's measure.

    Parameters
    ----------
    reference, window : ndarray of shape (..., n_bins)
        Shares of the bins; the last is that of null.

    Returns
    -------
    ndarray of shape (...)
        In standard deviations of the reference, or for Jensen and Shannon's distance in bits^0.5.
    """
    if bins.measure == "jensen_shannon":
        return compute_jensen_shannon(reference, window)
    return compute_wasserstein(bins.centres, reference, window)


def compute_wasserstein(centres: np.ndarray, reference: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return the first Wasserstein distance of the numbers, joined with the change in the share of nulls.

    The distance among the rows with a number counts by the share of rows that have one on both sides. The two
    are joined like the sides of a right triangle, so that chance in the one does not add to the other.
    """
    known_reference, known_window = (
        shares[..., :-1].sum(axis=-1, keepdims=True) for shares in (reference, window)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = (
            np.cumsum(window[..., :-1], axis=-1) / known_window
            - np.cumsum(reference[..., :-1], axis=-1) / known_reference
        )
    common = np.minimum(known_reference, known_window)[..., 0]
    moved = np.where(common > 0, np.abs(gap[..., :-1]) @ np.diff(centres), 0.0)
    nulls = np.abs(window[..., -1] - reference[..., -1])
    return np.asarray(np.hypot(common * moved, _NULL_DISTANCE * nulls))


def compute_jensen_shannon(reference: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance with base 2, between 0 and 1 (Lin 1991)."""
    middle = (reference + window) / 2
    nats = (rel_entr(reference, middle).sum(axis=-1) + rel_entr(window, middle).sum(axis=-1)) / 2
    return np.asarray(np.sqrt(np.maximum(nats, 0) / np.log(2)))


def compute_psi(
    bins: ColumnBins,
    reference: np.ndarray,
    window: np.ndarray,
    reference_size: float,
    window_size: float,
) -> float:
    """Return the population stability index over at most ten groups of neighbouring bins, or over categories.

    Parameters
    ----------
    reference, window : ndarray of shape (n_bins,)
        Shares of the bins.
    reference_size, window_size : float
        Effective numbers of rows.
    """
    groups: np.ndarray = np.arange(bins.n_bins)
    if bins.is_ordered:
        middles = np.cumsum(reference[:-1]) - reference[:-1] / 2
        groups[:-1] = np.minimum(middles / max(reference[:-1].sum(), 1e-12) * _PSI_GROUPS, _PSI_GROUPS - 1)
        groups[-1] = _PSI_GROUPS
    expected = np.bincount(groups, reference * reference_size)
    actual = np.bincount(groups, window * window_size)
    counts: np.ndarray = np.stack([expected, actual])[:, expected + actual > 0] + _PSI_ROWS
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def compute_kolmogorov_smirnov_p(
    reference: np.ndarray, window: np.ndarray, reference_size: float, window_size: float
) -> float | None:
    """Return the asymptotic p value of the two-sample test over the bins of numbers; None without numbers.

    Values in one bin count as equal, so the p value is rather too large than too small.
    """
    known = [
        (shares[:-1].sum(), size) for shares, size in ((reference, reference_size), (window, window_size))
    ]
    if not all(share > 0 for share, _ in known):
        return None
    (share, size), (window_share, window_size) = known
    gap = np.cumsum(reference[:-1]) / share - np.cumsum(window[:-1]) / window_share
    harmonic = 1 / (1 / (share * size) + 1 / (window_share * window_size))
    return float(kolmogorov(np.sqrt(harmonic) * np.abs(gap).max()))


def compute_chi_squared_p(
    reference: np.ndarray, window: np.ndarray, reference_size: float, window_size: float
) -> float | None:
    """Return the p value of the chi-squared test of homogeneity; None with fewer than two usable bins."""
    table = np.stack([reference * reference_size, window * window_size])
    total = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / total
    is_rare = expected.min(axis=0) < _LEAST_EXPECTED
    joined = np.column_stack([table[:, ~is_rare], table[:, is_rare].sum(axis=1)])
    joined = joined[:, joined.sum(axis=0) > 0]
    if joined.shape[1] < 2:
        return None
    expected = joined.sum(axis=1, keepdims=True) * joined.sum(axis=0) / total
    statistic = float(((joined - expected) ** 2 / expected).sum())
    return float(chi2.sf(statistic, joined.shape[1] - 1))
