"""Numbers as their places within pieces of their ranges (Gorishniy et al. 2022, arXiv:2203.05556)."""

import numpy as np


def add_pieces(
    matrix: np.ndarray, columns: np.ndarray, factors: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    """Return the features and the pieces, float32 of shape (n_rows, n_features + n_pieces).

    Along a piece its value rises from -0.5 to 0.5; before and behind it, it does not change.

    Parameters
    ----------
    matrix : ndarray of float32, shape (n_rows, n_features)
        Features.
    columns : ndarray of int, shape (n_pieces,)
        The feature of each piece.
    factors, offsets : ndarray of float32, shape (n_pieces,)
        What makes a value of the feature its place within the piece.
    """
    places = matrix[:, columns] * factors
    places += offsets
    np.maximum(places, -0.5, out=places)
    np.minimum(places, 0.5, out=places)
    return np.concatenate([matrix, places], axis=1)
