"""Bins of a column's values, made from the reference, in which later rows are counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from components._table.keys import explain_text_key
from components._table.kinds import Kind
from components._table.seconds import to_seconds
from components.monitor.rows import PredictedRows

Measure = Literal["wasserstein", "jensen_shannon"]
# What of a row is binned; an age is the time from a datetime to the row's own time.
Source = Literal["number", "datetime", "age", "text_length", "string", "last_output", "likeliest_class"]

PREDICTIONS = ""
_OTHER, _NEW = "(other)", "(new)"
_QUANTILES = 64
# Jensen and Shannon's distance has no order of bins, so that each costs power.
_UNORDERED_QUANTILES = 20
_CATEGORIES = 100
# Categories with fewer rows in the reference are among the others: that they were seen is partly luck.
_LEAST_ROWS = 10
# Starts and centres of the bins outside of the reference's range, in units away from its end.
_OUTER_STARTS = np.array([0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0])
_OUTER_CENTRES = np.array([0.05, 0.175, 0.375, 0.75, 1.5, 3.0, 5.0])
# Percentiles at which values are cut off for the unit and the centres: an outlier is not to set the scale.
_CUT_OFF = (1, 99)
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class ColumnBins:
    """The bins of a column, or of the predictions. The last bin is null.

    Attributes
    ----------
    name : str
        The column; ``PREDICTIONS`` for the predictions.
    kind : str
        Kind of its values, in words of the report.
    source : Source
        What of a row is binned.
    measure : {"wasserstein", "jensen_shannon"}
        How its distributions are compared.
    starts : ndarray of shape (n_starts,)
        Numbers from which the bins after the first go; empty for strings.
    centres : ndarray of shape (n_bins - 1,)
        The value that stands for each bin, in standard deviations of the reference; empty for strings.
    categories : tuple of str
        The frequent categories, each with a bin; the bins of the others and of new ones come after them.
    bin_of_category : Series
        The bin of every category of the reference.
    """

    name: str
    kind: str
    source: Source
    measure: Measure
    starts: np.ndarray = field(default_factory=lambda: np.empty(0))
    centres: np.ndarray = field(default_factory=lambda: np.empty(0))
    categories: tuple[str, ...] = ()
    bin_of_category: pd.Series = field(default_factory=lambda: pd.Series(dtype=np.int64))

    @property
    def n_bins(self) -> int:
        """Number of bins, that of null included."""
        return len(self.labels) + 1 if self.source == "string" else len(self.starts) + 2

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the bins of a string column, without null."""
        return (*self.categories, _OTHER, _NEW)

    @property
    def is_ordered(self) -> bool:
        """Whether neighbouring bins hold similar values."""
        return self.source not in ("string", "likeliest_class") and self.kind != "boolean"

    @property
    def new_bin(self) -> int:
        """The bin of categories that no row of the reference had."""
        return len(self.categories) + 1

    def assign(self, rows: PredictedRows) -> np.ndarray:
        """Return the bin of each row, shape (n_rows,)."""
        null = self.n_bins - 1
        if self.source == "string":
            codes, categories = _encode(rows.columns[self.name])
            bins = self.bin_of_category.reindex(categories, fill_value=self.new_bin).to_numpy()
            # Null has code -1, the last element.
            return np.asarray(np.append(bins, null)[codes])
        values = _read_numbers(rows, self.name, self.source)
        return np.where(np.isnan(values), null, np.searchsorted(self.starts, values, side="right"))

    def assign_reference(self, reference: PredictedRows) -> np.ndarray:
        """Return the bin in which each row of the reference would be had it not been part of it.

        So a category of one row only is new, and the share of new categories to be expected is that of Good
        and Turing.
        """
        bins = self.assign(reference)
        if self.source != "string":
            return bins
        codes, _ = _encode(reference.columns[self.name])
        counts = np.bincount(codes[codes >= 0], minlength=1)
        return np.where((codes >= 0) & (counts[codes] == 1), self.new_bin, bins)


def build_bins(
    reference: PredictedRows, kinds: Mapping[str, Kind], *, is_class: bool
) -> dict[str, ColumnBins]:
    """Return the bins of the columns, and those of the predictions under ``PREDICTIONS``.

    Parameters
    ----------
    reference : PredictedRows
        Training rows with predictions.
    kinds : Mapping of str to Kind
        The columns to judge. Leave out those that the log masks.
    is_class : bool
        Whether the target has classes. Of two classes, the probability of the second is binned; of more, the
        likeliest class, because its shares are what a person can check.
    """
    bins = {name: _build_column_bins(reference, name, kind) for name, kind in kinds.items()}
    n_outputs = reference.outputs.shape[1]
    if not is_class:
        values = _read_numbers(reference, PREDICTIONS, "last_output")
        bins[PREDICTIONS] = _cut_numbers(PREDICTIONS, "value", "last_output", values)
    elif n_outputs == 1:
        values = _read_numbers(reference, PREDICTIONS, "last_output")
        bins[PREDICTIONS] = _cut_unordered(PREDICTIONS, "probability", "last_output", values)
    else:
        starts = np.arange(n_outputs, dtype=np.float64)
        bins[PREDICTIONS] = ColumnBins(PREDICTIONS, "class", "likeliest_class", "jensen_shannon", starts)
    return bins


def _build_column_bins(reference: PredictedRows, name: str, kind: Kind) -> ColumnBins:
    if kind == "string":
        column = reference.columns[name]
        known = column.dropna()
        _, is_free_text = explain_text_key(known.unique().tolist(), len(known))
        if not is_free_text:
            return _cut_categories(name, column)
        return _cut_unordered(name, "text", "text_length", _read_numbers(reference, name, "text_length"))
    if kind == "boolean":
        return ColumnBins(name, kind, "number", "jensen_shannon", np.array([0.0, 1.0]))
    if kind != "datetime":
        return _cut_numbers(name, kind, "number", _read_numbers(reference, name, "number"))
    # A date in new rows is later than in training in any case, so where it can be told, its age is compared.
    source: Source = "datetime" if np.isnat(reference.time).mean() > 0.5 else "age"
    # The log's time is that of the request, so that an age differs by the time from the event to the request.
    least_unit = _DAY_SECONDS if source == "age" else 0.0
    return _cut_numbers(name, kind, source, _read_numbers(reference, name, source), least_unit)


def _cut_numbers(
    name: str, kind: str, source: Source, values: np.ndarray, least_unit: float = 0.0
) -> ColumnBins:
    """Return quantile bins and bins outside of the values' range, compared by Wasserstein's distance."""
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, _CUT_OFF) if known.size else (0.0, 0.0)
    if low == high and known.size:
        low, high = known.min(), known.max()
    cut = known.clip(low, high)
    unit = max(float(cut.std()) if known.size else 0.0, least_unit)
    if not known.size or unit <= 0 or not np.isfinite(unit):
        return _cut_unordered(name, kind, source, values)
    inner = _find_quantiles(known, _QUANTILES)
    minimum, maximum = known.min(), known.max()
    lower, upper = minimum - _OUTER_STARTS[:0:-1] * unit, maximum + _OUTER_STARTS[1:] * unit
    starts = np.concatenate([lower, inner, [np.nextafter(maximum, np.inf)], upper])
    numbers = np.searchsorted(inner, known, side="right") - 1
    means = np.bincount(numbers, cut / unit) / np.bincount(numbers)
    centres = np.concatenate([means[0] - _OUTER_CENTRES[::-1], means, means[-1] + _OUTER_CENTRES])
    return ColumnBins(name, kind, source, "wasserstein", starts, centres)


def _cut_unordered(name: str, kind: str, source: Source, values: np.ndarray) -> ColumnBins:
    """Return few quantile bins, one below and one above them, compared by Jensen and Shannon's distance."""
    known = values[np.isfinite(values)]
    starts = np.empty(0)
    if known.size:
        inner = _find_quantiles(known, _UNORDERED_QUANTILES)
        starts = np.append(inner, np.nextafter(known.max(), np.inf))
    return ColumnBins(name, kind, source, "jensen_shannon", starts)


def _cut_categories(name: str, column: pd.Series) -> ColumnBins:
    codes, categories = _encode(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(categories))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    n_frequent = min(_CATEGORIES, int(np.count_nonzero(counts >= _LEAST_ROWS)))
    names = [str(category) for category in categories[order]]
    frequent = tuple(names[:n_frequent])
    mapping = pd.Series(np.minimum(np.arange(len(names)), n_frequent), index=names, dtype=np.int64)
    return ColumnBins(
        name, "string", "string", "jensen_shannon", categories=frequent, bin_of_category=mapping
    )


def _find_quantiles(known: np.ndarray, n_quantiles: int) -> np.ndarray:
    shares = np.linspace(0, 1, n_quantiles, endpoint=False)
    return np.unique(np.quantile(known, shares, method="higher"))


def _encode(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return the code of each row, -1 for null, and the categories."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype=np.int64), column.cat.categories
    codes, categories = pd.factorize(column)
    return codes, pd.Index(categories)


def _read_numbers(rows: PredictedRows, name: str, source: Source) -> np.ndarray:
    if source == "last_output":
        return np.asarray(rows.outputs[:, -1], dtype=np.float64)
    if source == "likeliest_class":
        return np.asarray(rows.outputs.argmax(axis=1), dtype=np.float64)
    column = rows.columns[name]
    if source == "text_length":
        codes, texts = _encode(column)
        lengths = np.array([*map(len, texts), np.nan], dtype=np.float64)
        return np.asarray(lengths[codes])
    if source == "number":
        return np.asarray(column.to_numpy(dtype=np.float64))
    seconds = to_seconds(column)
    return to_seconds(pd.Series(rows.time)) - seconds if source == "age" else seconds
