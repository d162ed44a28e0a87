"""Means over the nearest known rows, weighted by distance."""

import numpy as np

# Distances that are in memory at once.
_MOST_DISTANCES = 4_000_000
# Squared distances are counted in this share of a known row's mean squared length: rounding, which differs
# between one row and many, must not decide which of two rows is nearer.
_STEP = 1e-6


class Neighbours:
    """Known rows, prepared to be compared with others.

    Parameters
    ----------
    rows : ndarray of shape (n_known, n_features)
        Features of the known rows.
    values : ndarray of shape (n_known, n_outputs)
        What is known of them.
    n_neighbours : int
        Rows to average, from 1 to ``n_known``.
    """

    def __init__(self, rows: np.ndarray, values: np.ndarray, n_neighbours: int) -> None:
        self._rows = rows.astype(np.float64)
        self._squares = (self._rows**2).sum(axis=1)
        self._step = _STEP * float(self._squares.mean()) or 1.0
        self._values = values
        self._n_neighbours = n_neighbours

    def average(self, matrix: np.ndarray) -> np.ndarray:
        """Return the values' means over the nearest rows, shape (n_rows, n_outputs).

        Of equally far rows the first count. Rows at distance 0 decide alone.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Features.
        """
        averaged = []
        n_together = max(1, _MOST_DISTANCES // len(self._rows))
        for start in range(0, len(matrix), n_together):
            wide = matrix[start : start + n_together].astype(np.float64)
            squares = (-2 * wide) @ self._rows.T
            squares += (wide**2).sum(axis=1)[:, None]
            squares += self._squares
            squares /= self._step
            averaged += [self._average_one(of_row) for of_row in np.rint(squares, out=squares)]
        return np.stack(averaged)

    def _average_one(self, squares: np.ndarray) -> np.ndarray:
        furthest = np.partition(squares, self._n_neighbours - 1)[self._n_neighbours - 1]
        nearer = np.flatnonzero(squares < furthest)
        as_far = np.flatnonzero(squares == furthest)[: self._n_neighbours - len(nearer)]
        nearest = np.concatenate([nearer, as_far])
        near = np.sqrt(np.maximum(squares[nearest], 0))
        weights = (near == 0).astype(np.float64) if (near == 0).any() else 1 / near
        return np.asarray(weights @ self._values[nearest] / weights.sum())
