"""Ranks among the training rows, mapped to a normal distribution."""

import numpy as np
from scipy.special import ndtri

# Ranks of 0 and 1 would become infinite.
_FURTHEST = 1e-3
# For so few rows, comparing each value with all quantiles takes less time than a search for each feature.
_FEW_ROWS = 8


def compute_normal_ranks(matrix: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the normal scores of features, float32 of shape (n_rows, n_features).

    A frequent value spans many quantiles; its rank is their middle.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Features.
    quantiles : ndarray of shape (n_features, n_quantiles)
        Each feature's quantiles in the training rows, ascending and evenly spaced from 0 to 1.
    """
    is_short = len(matrix) <= _FEW_ROWS
    middle = _rank_few_rows(matrix, quantiles) if is_short else _rank_many_rows(matrix, quantiles)
    return np.asarray(ndtri(np.clip(middle, _FURTHEST, 1 - _FURTHEST)), dtype=np.float32)


def _rank_many_rows(matrix: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    ranks = np.linspace(0, 1, quantiles.shape[1])
    middle = np.empty(matrix.shape)
    for i, of_feature in enumerate(quantiles):
        upper = np.interp(matrix[:, i], of_feature, ranks)
        lower = 1 - np.interp(-matrix[:, i], -of_feature[::-1], ranks)
        middle[:, i] = (upper + lower) / 2
    return middle


def _rank_few_rows(matrix: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Do what ``_rank_many_rows`` does, with the arithmetic of ``numpy.interp``."""
    last = quantiles.shape[1] - 1
    ranks = np.linspace(0, 1, last + 1)
    features = np.arange(len(quantiles))
    middle = np.empty(matrix.shape)
    for values, found in zip(matrix.astype(np.float64), middle, strict=True):
        # The last quantile that is not above the value, and the first that is not below it.
        floor = np.clip(np.count_nonzero(quantiles <= values[:, None], axis=1) - 1, 0, last)
        ceiling = np.clip(np.count_nonzero(quantiles < values[:, None], axis=1), 0, last)
        above, below = np.minimum(floor + 1, last), np.maximum(ceiling - 1, 0)
        at_floor, at_ceiling = quantiles[features, floor], quantiles[features, ceiling]
        upper = ranks[floor] + _divide(ranks[above] - ranks[floor], quantiles[features, above] - at_floor) * (
            np.maximum(values - at_floor, 0)
        )
        # Counted from the other end, as ``numpy.interp`` sees the negative values.
        rank, further = ranks[last - ceiling], ranks[last - below]
        lower = rank + _divide(further - rank, at_ceiling - quantiles[features, below]) * (
            np.maximum(at_ceiling - values, 0)
        )
        found[:] = (upper + (1 - lower)) / 2
    return middle


def _divide(rises: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return slopes; 0 beyond the first and the last quantile."""
    return np.asarray(np.divide(rises, widths, out=np.zeros(len(rises)), where=widths > 0))
