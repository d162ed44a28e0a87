"""Counts of the log's rows per column, bin and window: states that can be merged."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import pandas as pd

from components.monitor.column_bins import ColumnBins
from components.monitor.rows import PredictedRows

# New categories that are remembered per column and window, and their longest text.
_NEW_CATEGORIES = 100
_LONGEST = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass
class Window:
    """What was counted in one window.

    Attributes
    ----------
    n_rows : int
        Logged rows.
    weight, weight_squares : float
        Sums of the rows' weights and of their squares.
    newest : int
        Time of the newest row, in microseconds since 1970.
    bins : dict of str to ndarray of shape (n_bins,)
        Weight per bin, by column.
    unreadable : dict of str to float
        Weight of the rows with a cell that could not be read, by column.
    new_categories : dict of str to Counter of str
        Weight of the frequent categories that are new, by column.
    """

    n_rows: int = 0
    weight: float = 0.0
    weight_squares: float = 0.0
    newest: int = 0
    bins: dict[str, np.ndarray] = field(default_factory=dict)
    unreadable: dict[str, float] = field(default_factory=dict)
    new_categories: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def size(self) -> float:
        """Effective number of rows: as many with equal weights would tell as much (Kish 1965)."""
        return self.weight**2 / self.weight_squares if self.weight_squares else 0.0

    def merge(self, other: "Window") -> None:
        """Add what was counted elsewhere."""
        self.n_rows += other.n_rows
        self.weight += other.weight
        self.weight_squares += other.weight_squares
        self.newest = max(self.newest, other.newest)
        for name, counts in other.bins.items():
            self.bins[name] = self.bins[name] + counts if name in self.bins else counts
        for name, weight in other.unreadable.items():
            self.unreadable[name] = self.unreadable.get(name, 0.0) + weight
        for name, new in other.new_categories.items():
            self.new_categories[name] = _keep_frequent(self.new_categories.get(name, Counter()) + new)


class WindowCounts:
    """Counts by window.

    Parameters
    ----------
    bins : Mapping of str to ColumnBins
        The bins, from ``build_bins``.
    period : timedelta
        Length of a window. Windows begin at multiples of it since 1970, in UTC.

    Attributes
    ----------
    windows : dict of int to Window
        By their number, counted from 1970.
    """

    def __init__(self, bins: Mapping[str, ColumnBins], period: timedelta) -> None:
        self.bins = bins
        self.period = period
        self.windows: dict[int, Window] = {}

    def add(self, rows: PredictedRows, unreadable: Mapping[str, np.ndarray] | None = None) -> None:
        """Count rows.

        Parameters
        ----------
        rows : PredictedRows
            Rows of the log, all with a time.
        unreadable : Mapping of str to ndarray of bool of shape (n_rows,), or None
            For some columns, the rows whose cell could not be read, so that it became null.
        """
        if not len(rows):
            return
        microseconds = rows.time.astype("datetime64[us]").astype(np.int64)
        numbers, of_row = np.unique(microseconds // (self.period // _MICROSECOND), return_inverse=True)
        n_windows = len(numbers)
        newest = np.zeros(n_windows, dtype=np.int64)
        np.maximum.at(newest, of_row, microseconds)
        added = [
            Window(*sums)
            for sums in zip(
                np.bincount(of_row).tolist(),
                np.bincount(of_row, rows.weight).tolist(),
                np.bincount(of_row, rows.weight**2).tolist(),
                newest.tolist(),
                strict=True,
            )
        ]
        for name, bins in self.bins.items():
            assigned = bins.assign(rows)
            cells = of_row * bins.n_bins + assigned
            table = np.bincount(cells, rows.weight, minlength=n_windows * bins.n_bins)
            for window, counts in zip(added, table.reshape(n_windows, -1), strict=True):
                window.bins[name] = counts
            if bins.source == "string":
                is_new = assigned == bins.new_bin
                for place, counter in _count_new(rows.columns[name], of_row, rows.weight, is_new):
                    added[place].new_categories[name] = counter
        for name, mask in (unreadable or {}).items():
            for window, weight in zip(
                added, np.bincount(of_row, rows.weight * mask, minlength=n_windows), strict=True
            ):
                window.unreadable[name] = float(weight)
        for number, window in zip(numbers.tolist(), added, strict=True):
            self.windows.setdefault(number, Window()).merge(window)

    def merge(self, other: "WindowCounts") -> None:
        """Add what was counted elsewhere with the same bins and period."""
        for number, window in other.windows.items():
            self.windows.setdefault(number, Window()).merge(window)

    def compute_progress(self, number: int) -> float:
        """Return the share of a window that had passed at its newest row."""
        period = self.period // _MICROSECOND
        return (self.windows[number].newest - number * period) / period

    def find_start(self, number: int) -> datetime:
        """Return the start of a window."""
        return _EPOCH + number * self.period


def _count_new(
    column: pd.Series, of_row: np.ndarray, weight: np.ndarray, is_new: np.ndarray
) -> Iterator[tuple[int, Counter[str]]]:
    """Yield the place of each window with new categories, and their weights."""
    if not is_new.any():
        return
    codes, categories = pd.factorize(column[is_new])
    keys, cell = np.unique(of_row[is_new] * len(categories) + codes, return_inverse=True)
    sums = np.bincount(cell, weight[is_new])
    places = keys // len(categories)
    for place in np.unique(places).tolist():
        chosen = np.flatnonzero(places == place)
        # One more than are kept: their weight is subtracted from all.
        chosen = chosen[np.argsort(-sums[chosen], kind="stable")][: _NEW_CATEGORIES + 1]
        names = (str(categories[key % len(categories)])[:_LONGEST] for key in keys[chosen])
        counter: Counter[str] = Counter()
        for name, total in zip(names, sums[chosen].tolist(), strict=True):
            counter[name] += total
        yield place, _keep_frequent(counter)


def _keep_frequent(counter: Counter[str]) -> Counter[str]:
    """Return at most as many categories as are remembered (Misra and Gries 1982; Agarwal et al. 2012).

    All counts are lowered by the largest that is dropped. So a count is too low by at most a hundredth of the
    weight of all new categories, in whatever order states are merged.
    """
    if len(counter) <= _NEW_CATEGORIES:
        return counter
    ranked = counter.most_common()
    dropped = ranked[_NEW_CATEGORIES][1]
    return Counter(
        {name: count - dropped for name, count in islice(ranked, _NEW_CATEGORIES) if count > dropped}
    )
