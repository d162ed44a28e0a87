"""Counts of a pass over all rows: per bin of a histogram; the target per bin or category."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.eda.bins import NumberBins
from components.eda.group_targets import TargetCounter
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


class BinCounter:
    """Counts rows per bin of their numbers, with the target in each.

    Parameters
    ----------
    bins : NumberBins
        The bins.
    target : Target
        The target.

    Attributes
    ----------
    bins : NumberBins
        The bins.
    found : TargetCounter
        The rows of each bin, and of null at the last place.
    """

    def __init__(self, bins: NumberBins, target: Target) -> None:
        self.bins = bins
        self.found = TargetCounter(len(bins.centres) + 1, target)

    def add(self, values: np.ndarray, y: np.ndarray) -> None:
        """Count numbers, NaN for none, and their targets, both of shape (n_rows,)."""
        places = np.searchsorted(self.bins.bounds, values, side="right")
        places[np.isnan(values)] = len(self.bins.centres)
        self.found.add(places, y)


class CategoryCounter:
    """Counts rows per category, with the target in each.

    Parameters
    ----------
    categories : sequence of str or bool
        Some values.
    target : Target
        The target.

    Attributes
    ----------
    categories : list of str or bool
        These values.
    found : TargetCounter
        The rows of each, of all others at the place after them, and of null at the last place.
    """

    def __init__(self, categories: Sequence[str | bool], target: Target) -> None:
        self.categories = list(categories)
        self.found = TargetCounter(len(self.categories) + 2, target)

    def add(self, column: pa.Array, y: np.ndarray) -> None:
        """Count the values of a column, texts or a dictionary, whose targets have the shape (n_rows,)."""
        other, null = len(self.categories), len(self.categories) + 1
        is_encoded = isinstance(column, pa.DictionaryArray)
        values = column.dictionary if is_encoded else column
        matches = pc.index_in(values, value_set=pa.array(self.categories, values.type))
        places = matches.fill_null(other).to_numpy().astype(np.int64)
        if is_encoded:
            places = np.append(places, null)[column.indices.fill_null(len(places)).to_numpy()]
        else:
            places[column.is_null().to_numpy(zero_copy_only=False)] = null
        self.found.add(places, y)
