"""Rows in memory that are grouped by the value of a column."""

import numpy as np

from components.validate.groups import GroupedRows, PairCounts


class LoadedGroups(GroupedRows):
    """Rows in memory, grouped by the value of a column.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Number of each row's value, in the order of the values.
    target : ndarray of shape (n_rows,)
        Codes of classes, or numbers.
    has_classes : bool
        Whether the target has classes.
    """

    def __init__(self, codes: np.ndarray, target: np.ndarray, *, has_classes: bool) -> None:
        repeated = np.bincount(codes)[codes] > 1
        self._groups = np.unique(codes[repeated], return_inverse=True)[1]
        self._target, self._has_classes = target[repeated], has_classes
        self.n_rows, self.n_grouped = codes.size, self._groups.size
        self.n_groups = int(self._groups.max(initial=-1)) + 1

    def count_pairs(self) -> PairCounts:
        """Return how many pairs of rows of one group agree in the target."""
        values = np.unique(self._target, return_inverse=True)[1]
        n_values = int(values.max()) + 1
        pairs, counts = np.unique(self._groups * n_values + values, return_counts=True)
        same = np.bincount(pairs // n_values, weights=counts * (counts - 1))
        n_pure = int((np.bincount(pairs // n_values) == 1).sum())
        sizes = np.bincount(self._groups)
        return PairCounts(sizes, same, np.ones(sizes.size), np.bincount(values), np.ones(n_values), n_pure)

    def compute_inner_variance(self) -> tuple[float, float]:
        """Return the unbiased variance of a target of numbers within the groups, and that of all rows."""
        sizes, centred = np.bincount(self._groups), self._target - self._target.mean()
        means = np.bincount(self._groups, weights=centred) / sizes
        inner = ((centred - means[self._groups]) ** 2).sum() / (centred.size - sizes.size)
        return float(inner), float((centred**2).mean())

    def compute_disorder(self) -> float:
        """Return how much neighbouring groups differ in the target, as a share of how much any two differ."""
        last = np.zeros(self.n_groups, dtype=np.int64)
        last[self._groups] = np.arange(self.n_grouped)
        of_group = self._target[last]
        if self._has_classes:
            shares = np.unique(of_group, return_counts=True)[1] / of_group.size
            return float((np.diff(of_group) != 0).mean() / max(1 - (shares**2).sum(), 1e-12))
        return float((np.diff(of_group) ** 2).mean() / max(2 * of_group.var(), 1e-12))
