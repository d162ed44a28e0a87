"""Ranks among the training rows, mapped to a normal distribution."""

import numpy as np
from scipy.special import ndtri

# Ranks of 0 and 1 would become infinite.
_FURTHEST = 1e-3


def compute_normal_ranks(matrix: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the normal scores of features, float32 of shape (n_rows, n_features).

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Features.
    quantiles : ndarray of shape (n_features, n_quantiles)
        Each feature's quantiles in the training rows, ascending and evenly spaced from 0 to 1.
    """
    ranks = np.linspace(0, 1, quantiles.shape[1])
    middle = np.empty(matrix.shape)
    for i, of_feature in enumerate(quantiles):
        # A frequent value spans many quantiles; its rank is their middle.
        upper = np.interp(matrix[:, i], of_feature, ranks)
        lower = 1 - np.interp(-matrix[:, i], -of_feature[::-1], ranks)
        middle[:, i] = (upper + lower) / 2
    return np.asarray(ndtri(np.clip(middle, _FURTHEST, 1 - _FURTHEST)), dtype=np.float32)
