"""Numbers as their places within pieces of their ranges, for networks."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from components._compiled.pieces import add_pieces

# A feature with fewer values is a flag or a step for which a line is enough.
_LEAST_VALUES = 12
# A row of more pieces would take longer than the rest of a network.
_MOST_PIECES = 160
_LEAST_OF_FEATURE = 3


def limit_pieces(n_pieces: int, n_numbers: int) -> int:
    """Return how many of the pieces each of so many numbers gets."""
    limited = min(n_pieces, _MOST_PIECES // max(n_numbers, 1))
    return limited if limited >= _LEAST_OF_FEATURE else 0


class NumberPieces(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Add pieces of the range of each number, so that a network can bend its line where it wants.

    A piece holds about as many training rows as the others of its feature.

    Parameters
    ----------
    n_pieces : int
        Most pieces of a feature; fewer if many features are numbers, none if there would be less than three.

    Attributes
    ----------
    columns_, factors_, offsets_ : ndarray
        See ``add_pieces``.
    """

    def __init__(self, n_pieces: int) -> None:
        self.n_pieces = n_pieces

    def fit(self, X: np.ndarray, y: object = None) -> "NumberPieces":
        """Learn the bounds of the pieces."""
        numbers = [i for i in range(X.shape[1]) if len(np.unique(X[:, i])) >= _LEAST_VALUES]
        n_pieces = limit_pieces(self.n_pieces, len(numbers))
        columns: list[int] = []
        starts: list[float] = []
        ends: list[float] = []
        for i in numbers if n_pieces else ():
            # A frequent value would make an empty piece.
            bounds = np.unique(np.quantile(X[:, i], np.linspace(0, 1, n_pieces + 1)))
            columns += [i] * (len(bounds) - 1)
            starts += bounds[:-1].tolist()
            ends += bounds[1:].tolist()
        self.columns_ = np.array(columns, dtype=np.int64)
        widths = np.array(ends, dtype=np.float64) - np.array(starts, dtype=np.float64)
        self.factors_ = (1 / widths).astype(np.float32)
        self.offsets_ = (-np.array(starts, dtype=np.float64) / widths - 0.5).astype(np.float32)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return float32 of shape (n_rows, n_features + n_pieces)."""
        return add_pieces(X, self.columns_, self.factors_, self.offsets_)
