"""The rows of a log: counted by window, sampled, and joined with the truth, in bounded memory."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from components._model.reference_rows import ReferenceRows
from components._table.kinds import Kind
from components.monitor.rows import PredictedRows
from components.monitor.truth import KnownTruth
from components.monitor.window_counts import WindowCounts

# Rows that are kept of each kind; more would not make the estimates better.
SAMPLE_ROWS = 60_000


class LogSummary(NamedTuple):
    """What is kept of a log.

    Attributes
    ----------
    counts : WindowCounts
        Counts of all rows.
    sample : PredictedRows
        A uniform sample of the rows; its weights add up to the rows of the traffic.
    labelled : PredictedRows
        A uniform sample of the rows whose truth is known, in the order of their times.
    n_labelled : int
        Rows whose truth is known.
    n_future : int
        Rows that were left out because their time is in the future.
    n_sampled : int
        Rows from which the sample was drawn.
    start, end, newest_truth : datetime64 or None
        Times of the first and the last row, and of the last whose truth is known; None without rows.
    """

    counts: WindowCounts
    sample: PredictedRows
    labelled: PredictedRows
    n_labelled: int
    n_future: int
    n_sampled: int

    @property
    def start(self) -> np.datetime64 | None:
        """Time of the first sampled row."""
        return self.sample.time.min() if len(self.sample) else None

    @property
    def end(self) -> np.datetime64 | None:
        """Time of the last sampled row."""
        return self.sample.time.max() if len(self.sample) else None

    @property
    def newest_truth(self) -> np.datetime64 | None:
        """Time of the last sampled row whose truth is known."""
        return self.labelled.time.max() if len(self.labelled) else None


def summarise_log(
    tables: Iterator[pa.Table],
    columns: Mapping[str, Kind],
    counts: WindowCounts,
    truth: KnownTruth,
    now: np.datetime64,
    days: float,
    seed: int,
    most_rows: int = SAMPLE_ROWS,
) -> LogSummary:
    """Count and sample the rows of a log.

    Parameters
    ----------
    tables : iterator of pyarrow Table
        The rows, as ``LogReader.read`` yields them.
    columns : mapping of str to Kind
        The model's columns that are in the log.
    counts : WindowCounts
        Counts to add to.
    truth : KnownTruth
        The true targets.
    now : datetime64
        The time now, in UTC; later rows are left out.
    days : float
        Windows that end this long before the last row are left out.
    seed : int
        Seed of the samples.
    most_rows : int
        Most rows in each sample.
    """
    rng = np.random.default_rng(seed)
    sample, labelled = _Reservoir(rng, most_rows), _Reservoir(rng, most_rows)
    n_future = 0
    for table in tables:
        rows = convert_rows(table, columns, truth)
        unreadable = _find_unreadable(table, list(columns))
        is_past = rows.time <= now
        if not is_past.all():
            n_future += int((~is_past).sum())
            rows = rows.take(is_past)
            unreadable = {name: mask[is_past] for name, mask in unreadable.items()}
        counts.add(rows, unreadable)
        sample.add(rows)
        labelled.add(rows.take(~np.isnan(rows.truth)))
    drawn, known = sample.collect(), labelled.collect()
    if len(drawn):
        start = _drop_old_windows(counts, drawn.time.max() - np.timedelta64(timedelta(days=days)))
        drawn, known = (rows.take(rows.time >= start) for rows in (drawn, known))
    in_order = known.take(np.argsort(known.time, kind="stable"))
    return LogSummary(counts, drawn, in_order, labelled.n_seen, n_future, sample.n_seen)


def _drop_old_windows(counts: WindowCounts, start: np.datetime64) -> np.datetime64:
    """Drop the windows that end before a time, and return the start of the first that is left."""
    starts = {
        number: np.datetime64(counts.find_start(number).replace(tzinfo=None), "us")
        for number in counts.windows
    }
    period = np.timedelta64(counts.period)
    kept = {number: begin for number, begin in starts.items() if begin + period > start}
    counts.windows = {number: counts.windows[number] for number in kept}
    return min(kept.values())


def convert_reference(stored: ReferenceRows, columns: Mapping[str, Kind]) -> PredictedRows:
    """Return the reference rows of a model's folder in the form of the log's rows."""
    frame = convert_columns(stored.columns, columns)
    return PredictedRows(frame, stored.outputs, stored.weight, stored.time, stored.truth)


def convert_columns(table: pd.DataFrame, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Return a model's columns of a table in the form of the log's rows."""
    frame = {
        name: table[name].astype(
            object if kind == "string" else "datetime64[us]" if kind == "datetime" else np.float64
        )
        for name, kind in columns.items()
    }
    return pd.DataFrame(frame).reset_index(drop=True)


def convert_rows(table: pa.Table, columns: Mapping[str, Kind], truth: KnownTruth) -> PredictedRows:
    """Return the rows of a log's table, with their truth."""
    outputs = table["outputs"].combine_chunks()
    return PredictedRows(
        pd.DataFrame({name: _convert_column(table[f"value:{name}"], kind) for name, kind in columns.items()}),
        outputs.flatten().to_numpy(zero_copy_only=False).reshape(table.num_rows, -1),
        table["weight"].fill_null(1.0).to_numpy(),
        table["time"].to_numpy().astype("datetime64[us]"),
        truth.find_targets(table),
    )


def _convert_column(values: pa.ChunkedArray, kind: Kind) -> pd.Series:
    if kind == "string":
        texts: pd.Series = values.to_pandas(strings_to_categorical=True)
        return texts
    if kind == "datetime":
        return pd.Series(values.to_numpy().astype("datetime64[us]"))
    return pd.Series(values.to_numpy())


def _find_unreadable(table: pa.Table, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Return for each column with unreadable cells the rows that have them."""
    lists = table["unreadable"].combine_chunks()
    names = lists.flatten()
    if not len(names):
        return {}
    row = np.repeat(np.arange(table.num_rows), lists.value_lengths().fill_null(0).to_numpy())
    found = names.to_numpy(zero_copy_only=False)
    masks = {}
    for name in columns:
        hit = row[found == name]
        if hit.size:
            masks[name] = np.isin(np.arange(table.num_rows), hit)
    return masks


class _Reservoir:
    """A uniform sample of rows that come in parts: those with the smallest random numbers."""

    def __init__(self, rng: np.random.Generator, most_rows: int) -> None:
        self._rng = rng
        self._most_rows = most_rows
        self._parts: list[PredictedRows] = []
        self._numbers: list[np.ndarray] = []
        self.n_seen = 0

    def add(self, rows: PredictedRows) -> None:
        if not len(rows):
            return
        self.n_seen += len(rows)
        self._parts.append(rows)
        self._numbers.append(self._rng.random(len(rows)))
        if sum(map(len, self._numbers)) > 2 * self._most_rows:
            self._trim()

    def collect(self) -> PredictedRows:
        self._trim()
        rows = self._parts[0] if self._parts else _NO_ROWS
        scale = self.n_seen / len(rows) if len(rows) else 1.0
        return PredictedRows(rows.columns, rows.outputs, rows.weight * scale, rows.time, rows.truth)

    def _trim(self) -> None:
        if not self._parts:
            return
        rows, numbers = join_rows(self._parts), np.concatenate(self._numbers)
        if len(numbers) > self._most_rows:
            kept = np.sort(np.argpartition(numbers, self._most_rows)[: self._most_rows])
            rows, numbers = rows.take(kept), numbers[kept]
        self._parts, self._numbers = [rows], [numbers]


def join_rows(parts: Sequence[PredictedRows]) -> PredictedRows:
    """Return the rows of all parts; categories become strings."""
    if len(parts) == 1:
        return parts[0]
    columns = pd.concat([part.columns for part in parts], ignore_index=True)
    arrays = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("outputs", "weight", "time", "truth")
    )
    return PredictedRows(columns, *arrays)


_NO_ROWS = PredictedRows(
    pd.DataFrame(), np.empty((0, 1)), np.empty(0), np.empty(0, dtype="datetime64[us]"), np.empty(0)
)
