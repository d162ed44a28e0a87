"""Counts of a pass over all rows: per bin of a histogram, per category."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.eda.target import Target


class HistogramCounter:
    """Counts numbers per bin, for each class or for all rows together.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        The bounds of the bins; the last one belongs to the last bin.
    n_series : int
        Number of classes, 1 for all rows together.

    Attributes
    ----------
    counts : ndarray of int64, shape (n_series, n_bins)
        Rows per class and bin.
    n_known : int
        Rows with a number, in a bin or beyond them.
    """

    def __init__(self, edges: np.ndarray, n_series: int = 1) -> None:
        self.edges = edges
        self.counts = np.zeros((n_series, len(edges) - 1), dtype=np.int64)
        self.n_known = 0

    def add(self, values: np.ndarray, codes: np.ndarray | None = None) -> None:
        """Count numbers of shape (n_rows,), NaN for none, with the codes of their classes."""
        for series, counts in enumerate(self.counts):
            # To sort numbers and search the bounds among them takes less time than the other way round.
            found = np.sort(values if codes is None else values[np.flatnonzero(codes == series)])
            ends = np.searchsorted(found, self.edges)
            ends[-1] = np.searchsorted(found, self.edges[-1], side="right")
            counts += np.diff(ends)
            self.n_known += int(np.searchsorted(found, np.nan))


class CategoryCounter:
    """Counts rows per category, with the target in each.

    Parameters
    ----------
    categories : sequence of str or bool
        Some values; the others have one place after them, and null the last place.
    target : Target
        The target.

    Attributes
    ----------
    counts : ndarray of int64, shape (n_places,)
        Rows per place.
    cells : ndarray of int64, shape (n_places, n_classes)
        Rows per place and class, if the target has few classes; else without columns.
    sums : ndarray of float64, shape (n_places,)
        Sums of a regression's target per place.
    """

    def __init__(self, categories: Sequence[str | bool], target: Target) -> None:
        self.categories = list(categories)
        n_places = len(self.categories) + 2
        self.counts = np.zeros(n_places, dtype=np.int64)
        n_classes = len(target.labels) if target.has_coloured_classes else 0
        self.cells = np.zeros((n_places, n_classes), dtype=np.int64)
        self.sums = np.zeros(n_places)
        self._has_values = not target.labels

    def add(self, column: pa.Array, y: np.ndarray) -> None:
        """Count the values of a column, texts or a dictionary, whose targets have the shape (n_rows,)."""
        n_places, n_classes = self.cells.shape
        is_encoded = isinstance(column, pa.DictionaryArray)
        values = column.dictionary if is_encoded else column
        found = pc.index_in(values, value_set=pa.array(self.categories, values.type))
        places = found.fill_null(n_places - 2).to_numpy().astype(np.int64)
        if is_encoded:
            places = np.append(places, n_places - 1)[column.indices.fill_null(len(places)).to_numpy()]
        else:
            places[column.is_null().to_numpy(zero_copy_only=False)] = n_places - 1
        self.counts += np.bincount(places, minlength=n_places)
        if n_classes:
            cells = np.bincount(places * n_classes + y, minlength=n_places * n_classes)
            self.cells += cells.reshape(n_places, n_classes)
        elif self._has_values:
            self.sums += np.bincount(places, y, n_places)
