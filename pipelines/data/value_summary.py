"""What the values of a table's columns are, from one pass over its rows, and how far two tables are apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from components._report.formats import format_value, mark_year
from components._table.kinds import Kind
from components.monitor.column_bins import PREDICTIONS, ColumnBins, build_bins
from components.monitor.drift_measures import compute_distance
from components.monitor.rows import PredictedRows
from pipelines.data.row_hash import convert_values

# Rows whose distributions are compared: the bins of monitoring need them in memory.
SAMPLE_ROWS = 100_000
# A distance below this is not worth a sentence: a hundredth of a standard deviation, or of a bit.
LEAST_DISTANCE = 0.01
# Of a difference between two tables, one digit more than elsewhere is of interest.
_DIGITS = 4


class ColumnValues(NamedTuple):
    """The values of a column in all rows; ``minimum``, ``maximum`` and ``mean`` are None without any."""

    n_null: int
    minimum: object
    maximum: object
    mean: float | None

    def describe(self, column: str) -> str:
        """Return the range and the mean of the column of that name as text; empty for texts."""
        if self.minimum is None or isinstance(self.minimum, str | bool):
            return ""
        if self.mean is None:
            return " to ".join(str(end).removesuffix(" 00:00:00") for end in (self.minimum, self.maximum))
        low, high, mean = (
            format_value(mark_year(float(str(end)), column), _DIGITS)
            for end in (self.minimum, self.maximum, self.mean)
        )
        return f"{low} to {high}, mean {mean}"


@dataclass(frozen=True)
class Shift:
    """How far the distributions of a column are apart in two tables.

    Attributes
    ----------
    distance : float
        0 for the same distribution.
    is_in_deviations : bool
        Whether it is Wasserstein's distance in standard deviations of the old values; else that of Jensen and
        Shannon, from 0 to 1.
    """

    distance: float
    is_in_deviations: bool

    def __str__(self) -> str:
        if self.distance < LEAST_DISTANCE:
            return "none"
        unit = "standard deviations" if self.is_in_deviations else "on a scale from 0 to 1"
        return f"{format_value(self.distance, 2)} {unit}"


class ValueSummary:
    """Collects the values of a table's columns.

    Parameters
    ----------
    kinds : mapping of str to Kind
        The columns, and the kind as which each is compared.
    n_rows : int
        Rows of the larger of the tables that are compared. Of more than ``SAMPLE_ROWS``, a sample is kept for
        the distributions: by the hash of the key, so that it has the same rows in both tables and does not
        depend on their order; without a key every so many rows.
    """

    def __init__(self, kinds: Mapping[str, Kind], n_rows: int) -> None:
        self._kinds = dict(kinds)
        self._step = max(1, -(-n_rows // SAMPLE_ROWS))
        self._sampled: list[pa.RecordBatch] = []
        self._nulls = dict.fromkeys(kinds, 0)
        self._ends: dict[str, tuple[object, object]] = {}
        self._sums = dict.fromkeys(kinds, 0.0)
        self.n_rows = 0

    def add(self, batch: pa.RecordBatch, keys: np.ndarray | None, first_row: int) -> None:
        """Add rows that follow each other, with the hashes of their keys, if there is a key."""
        self.n_rows += batch.num_rows
        for name, kind in self._kinds.items():
            column = convert_values(batch.column(name), kind)
            self._nulls[name] += column.null_count
            if kind not in ("string", "boolean"):
                self._add_ends(name, column)
            if kind in ("integer", "float"):
                self._sums[name] += pc.sum(column.cast(pa.float64(), safe=False)).as_py() or 0.0
        numbers = keys[:, 1] if keys is not None else np.arange(first_row, first_row + batch.num_rows)
        is_sampled = numbers % numbers.dtype.type(self._step) == 0
        self._sampled.append(batch.select(list(self._kinds)).filter(pa.array(is_sampled)))

    def get_values(self, name: str) -> ColumnValues:
        """Return what the values of a column are."""
        n_known = self.n_rows - self._nulls[name]
        low, high = self._ends.get(name, (None, None))
        is_number = self._kinds[name] in ("integer", "float")
        mean = self._sums[name] / n_known if is_number and n_known else None
        return ColumnValues(self._nulls[name], low, high, mean)

    @property
    def n_sampled(self) -> int:
        """Rows in the sample."""
        return sum(batch.num_rows for batch in self._sampled)

    def build_rows(self) -> PredictedRows:
        """Return the sample as monitoring compares rows; there are no predictions."""
        columns = {
            name: _to_series(pa.chunked_array([batch.column(name) for batch in self._sampled]), kind)
            for name, kind in self._kinds.items()
        }
        n = self.n_sampled
        unknown = np.full(n, np.datetime64("NaT", "us"))
        return PredictedRows(
            pd.DataFrame(columns, index=range(n)), np.zeros((n, 1)), np.ones(n), unknown, np.full(n, np.nan)
        )

    def _add_ends(self, name: str, column: pa.Array) -> None:
        ends = pc.min_max(column).as_py()
        low, high = ends["min"], ends["max"]
        if low is None:
            return
        before = self._ends.get(name)
        if before is not None:
            low, high = min(low, before[0]), max(high, before[1])
        self._ends[name] = low, high


def compute_shifts(old: ValueSummary, new: ValueSummary, kinds: Mapping[str, Kind]) -> dict[str, Shift]:
    """Return how far the columns of two tables are apart; none if a table has no rows."""
    before, after = old.build_rows(), new.build_rows()
    if not len(before) or not len(after):
        return {}
    bins = build_bins(before, kinds, is_class=False)
    shifts = {}
    for name, of_column in bins.items():
        if name != PREDICTIONS:
            distance = float(
                compute_distance(of_column, *(_count(of_column, side) for side in (before, after)))
            )
            shifts[name] = Shift(distance, of_column.measure == "wasserstein")
    return shifts


def _count(bins: ColumnBins, rows: PredictedRows) -> np.ndarray:
    counts = np.bincount(bins.assign(rows), minlength=bins.n_bins)
    return np.asarray(counts / counts.sum())


def _to_series(column: pa.ChunkedArray, kind: Kind) -> pd.Series:
    values = pa.chunked_array([convert_values(chunk, kind) for chunk in column.chunks], None)
    if kind in ("integer", "float", "boolean"):
        numbers = values.cast(pa.int8()) if kind == "boolean" else values
        return pd.Series(numbers.cast(pa.float64(), safe=False).to_numpy())
    return pd.Series(values.to_pandas())
