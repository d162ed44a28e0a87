"""Ranks among the training rows, mapped to a normal distribution."""

import numpy as np
from scipy.special import ndtri

# Ranks of 0 and 1 would become infinite.
_FURTHEST = 1e-3
# For so few rows, comparing each value with all quantiles takes less time than a search for each feature.
_FEW_ROWS = 8


class NormalScores:
    """Normal scores of features: their ranks, through the inverse of the normal distribution.

    Between two quantiles a rank is interpolated. A frequent value spans many quantiles; its rank is their
    middle.

    Parameters
    ----------
    quantiles : ndarray of shape (n_features, n_quantiles)
        Each feature's quantiles in the training rows, ascending and evenly spaced from 0 to 1.
    """

    def __init__(self, quantiles: np.ndarray) -> None:
        n_features, n = quantiles.shape
        ranks = np.linspace(0, 1, n)
        rises = np.diff(quantiles, axis=1)
        starts = np.hstack([np.ones((n_features, 1), dtype=bool), rises > 0])
        # The first of equal quantiles, whose last one a value is found at.
        first = np.maximum.accumulate(np.where(starts, np.arange(n), 0), axis=1)
        slopes = np.divide(1 / (n - 1), rises, out=np.zeros_like(rises), where=rises > 0)
        # By the number of quantiles that are not above a value, from none to all.
        none, beyond = quantiles[:, :1], np.zeros((n_features, 1))
        self._quantiles = quantiles
        self._bounds = np.hstack([quantiles, np.full((n_features, 1), np.inf)])
        self._lows = np.hstack([none, quantiles]).ravel()
        self._ranks = np.hstack([beyond, np.broadcast_to(ranks, quantiles.shape)]).ravel()
        self._slopes = np.hstack([beyond, slopes, beyond]).ravel()
        self._middles = np.hstack([beyond, (ranks + ranks[first]) / 2]).ravel()
        self._offsets = np.arange(n_features) * (n + 1)

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return the scores, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Features.
        """
        values = matrix.astype(np.float64)
        places = self._count_not_above(values)
        places += self._offsets
        lows = self._lows.take(places)
        found = self._ranks.take(places) + self._slopes.take(places) * (values - lows)
        found = np.where(values == lows, self._middles.take(places), found)
        return np.asarray(ndtri(np.minimum(np.maximum(found, _FURTHEST), 1 - _FURTHEST)), dtype=np.float32)

    def _count_not_above(self, values: np.ndarray) -> np.ndarray:
        """Return how many quantiles are not above each value."""
        counts = np.empty(values.shape, dtype=np.intp)
        if len(values) <= _FEW_ROWS:
            for row, found in zip(values, counts, strict=True):
                (self._bounds > row[:, None]).argmax(axis=1, out=found)
        else:
            for i, quantiles in enumerate(self._quantiles):
                counts[:, i] = quantiles.searchsorted(values[:, i], side="right")
        return counts
