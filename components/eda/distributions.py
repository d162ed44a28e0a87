"""The distribution of numbers that are read once, in order, with the rows of each."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np


class Distribution(NamedTuple):
    """The distribution of finite numbers.

    Attributes
    ----------
    n_values, n_distinct : int
        Number of values, and of different ones.
    minimum, maximum : float
        Extremes.
    quantiles : ndarray of shape (n_shares,)
        Quantiles, as ``np.quantile`` computes them.
    skew : float
        Third standardised moment; 0 for a symmetric distribution and for a constant.
    mean, sd : float
        Mean, and standard deviation of a sample; the latter is 0 for one value.
    """

    n_values: int
    n_distinct: int
    minimum: float
    maximum: float
    quantiles: np.ndarray
    skew: float
    mean: float
    sd: float


def compute_distribution(
    groups: Iterable[tuple[np.ndarray, np.ndarray]],
    n_values: int,
    minimum: float,
    maximum: float,
    shares: np.ndarray,
) -> Distribution:
    """Return the distribution of numbers.

    Parameters
    ----------
    groups : iterable of (ndarray, ndarray)
        The numbers in ascending order, and how often each comes; a number may come again.
    n_values : int
        How many they are, at least 1.
    minimum, maximum : float
        Their extremes.
    shares : ndarray of shape (n_shares,)
        The shares of the values below the quantiles, from 0 to 1.
    """
    places = (n_values - 1) * shares
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, n_values - 1)
    wanted = np.unique(np.concatenate([below, above]))
    found = np.empty(len(wanted))
    moments = _Moments()
    # Scaled to at most 1, because powers of very large and very small numbers over- or underflow.
    scale = max(abs(minimum), abs(maximum)) or 1.0
    n_seen = n_distinct = 0
    last = np.nan
    for values, counts in groups:
        ends = n_seen + np.cumsum(counts)
        start, stop = np.searchsorted(wanted, [n_seen, ends[-1]])
        found[start:stop] = values[np.searchsorted(ends, wanted[start:stop], side="right")]
        # Differences from the minimum keep the digits in which large values differ.
        moments.add(values / scale - minimum / scale, counts)
        n_distinct += int(np.count_nonzero(np.diff(values, prepend=last)))
        n_seen, last = int(ends[-1]), values[-1]
    low, high = found[np.searchsorted(wanted, below)], found[np.searchsorted(wanted, above)]
    # In floating point, the spread of equal values is not exactly 0.
    is_constant = minimum == maximum
    return Distribution(
        n_values=n_values,
        n_distinct=n_distinct,
        minimum=minimum,
        maximum=maximum,
        quantiles=_interpolate(low, high, places - below),
        skew=0.0 if is_constant else moments.compute_skew(),
        mean=minimum if is_constant else scale * (moments.mean + minimum / scale),
        sd=0.0 if is_constant else scale * moments.compute_sd(),
    )


def _interpolate(low: np.ndarray, high: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return values between two, in the arithmetic of ``np.quantile``, so that all digits are the same."""
    reach = high - low
    return np.asarray(np.where(weights >= 0.5, high - reach * (1 - weights), low + reach * weights))


class _Moments:
    """Central moments that merge (Chan, Golub and LeVeque, Updating formulae, 1979; Pébay, SAND2008-6212)."""

    def __init__(self) -> None:
        self._n = 0
        self.mean = self._squares = self._cubes = 0.0

    def add(self, values: np.ndarray, counts: np.ndarray) -> None:
        n_new = int(counts.sum())
        mean = float((values * counts).sum() / n_new)
        deviations = values - mean
        # Powers of NumPy's arrays take ten times as long as products.
        weighted = counts * deviations * deviations
        squares = float(weighted.sum())
        weighted *= deviations
        cubes = float(weighted.sum())
        n_all = self._n + n_new
        step = mean - self.mean
        share = n_new / n_all
        self._cubes += (
            cubes
            + step**3 * self._n * share * (self._n - n_new) / n_all
            + 3 * step * (self._n / n_all * squares - share * self._squares)
        )
        self._squares += squares + step**2 * self._n * share
        self.mean += step * share
        self._n = n_all

    def compute_sd(self) -> float:
        return float(np.sqrt(self._squares / max(self._n - 1, 1)))

    def compute_skew(self) -> float:
        spread = np.sqrt(self._squares / self._n)
        return float(self._cubes / self._n / spread**3) if spread > 0 else 0.0
