"""Labelled rows of a log, and the reference rows, as rows that a model can be trained on."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.monitoring import REQUEST_ID
from components._problem.spec import Problem
from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind
from components._table.reading import UnreadableCell, Value
from components._table.schema import Column, Schema
from components._table.target import order_classes
from components.errors import format_count, format_list
from components.monitor.rows import PredictedRows
from components.monitor.truth import KnownTruth

# Fewer labelled rows can neither train a model nor show which one is better.
_LEAST_ROWS = 300
# More of the newest rows would not show better what holds now.
MOST_ROWS = 200_000
# The position of a row's key in the truth, as a column beside those of the log.
_FOUND = "truth"


class TableLayout(NamedTuple):
    """The columns of a training table, and where a log has them.

    Attributes
    ----------
    problem : Problem
        The resolved problem.
    schema : Schema
        The columns of the table that the model was trained on.
    logged : dict of str to Kind
        The model's columns that are in the log.
    masked : list of str
        Its columns that are not.
    """

    problem: Problem
    schema: Schema
    logged: Mapping[str, Kind]
    masked: list[str]

    @property
    def columns(self) -> list[Column]:
        """The target, the model's columns and those with a role, in the order of the table."""
        wanted = {*self.logged, *self.masked, *self.problem.named_columns} - {self.problem.split_column}
        return [column for column in self.schema.columns if column.name in wanted]

    @property
    def has_reference(self) -> bool:
        """Whether reference rows can be training rows: they keep neither a group nor a weight."""
        return self.problem.group is None and self.problem.weight is None

    def find_obstacle(self, truth: KnownTruth, n_labelled: int) -> str:
        """Return why no model can be trained on the log, as a sentence; empty if one can.

        Parameters
        ----------
        truth : KnownTruth
            The true targets, with the columns that came along.
        n_labelled : int
            Logged rows whose truth is known.
        """
        missing = [c.name for c in self.columns if not self._is_known(c) and c.name not in truth.others]
        if missing:
            return (
                f"The log does not have {format_list(missing)}, which training needs. Add "
                f"{'it' if len(missing) == 1 else 'them'} to the table of the truth."
            )
        if n_labelled < _LEAST_ROWS:
            return (
                f"{format_count(n_labelled, 'labelled row')} of the log are too few to train on; at least "
                f"{_LEAST_ROWS} are needed."
            )
        return ""

    def _is_known(self, column: Column) -> bool:
        name, problem = column.name, self.problem
        is_dated = name == problem.event_time and column.kind == "datetime"
        return name in (*self.logged, *problem.identifiers, problem.target) or is_dated


class LabelledRows(NamedTuple):
    """Rows that a model can be trained on, the oldest first.

    Attributes
    ----------
    table : pyarrow Table
        The columns of the layout.
    rows : PredictedRows
        The same rows as the model's columns, without outputs.
    n_newest : int or None
        Number of the newest rows of the log among which they are; None if there were no more.
    """

    table: pa.Table
    rows: PredictedRows
    n_newest: int | None = None

    def take(self, start: int, end: int) -> "LabelledRows":
        """Return the rows from one position up to another."""
        rows = self.rows.take(np.arange(start, end))
        return LabelledRows(self.table.slice(start, end - start), rows, self.n_newest)


def collect_labelled_rows(
    tables: Iterable[pa.Table],
    layout: TableLayout,
    truth: KnownTruth,
    now: np.datetime64,
    days: float,
    most_rows: int = MOST_ROWS,
) -> LabelledRows:
    """Return the newest rows of a log whose truth is known, each key once, with its newest row.

    Parameters
    ----------
    tables : iterable of pyarrow Table
        The log, as ``LogReader.read`` yields it, with the problem's identifiers.
    layout : TableLayout
        The columns.
    truth : KnownTruth
        The true targets, with every column that the log lacks.
    now : datetime64
        The time now, in UTC; later rows are left out.
    days : float
        Days up to the newest row; older rows are left out.
    most_rows : int
        Most rows to return.
    """
    kept = None
    for table in tables:
        part = _select_labelled(table, truth, now)
        kept = part if kept is None else pa.concat_tables([kept, part])
        if kept.num_rows > 2 * most_rows:
            kept = _keep_newest(kept, truth, days, most_rows)
    assert kept is not None  # there is no decision to retrain without labelled rows
    kept = _keep_newest(kept, truth, days, most_rows)
    found = kept[_FOUND].to_numpy()
    time = kept["time"].to_numpy()
    encoded = truth.targets[found]
    others = truth.read_others(found)
    frame = pd.DataFrame({n: _convert_column(kept[f"value:{n}"], k) for n, k in layout.logged.items()})
    columns = {}
    for column in layout.columns:
        name = column.name
        if name in layout.logged:
            columns[name] = _to_arrow(frame[name], column.kind)
        elif name == layout.problem.target:
            columns[name] = _decode_target(encoded, column, layout.problem)
        elif name in layout.problem.identifiers:
            columns[name] = _read_keys(kept[f"key:{name}"].to_pylist(), column)
        elif name in truth.others:
            columns[name] = others[name].cast(ARROW_TYPES[column.kind], safe=False)
        else:
            columns[name] = pa.array(time, ARROW_TYPES["datetime"])
    n_newest = most_rows if len(found) == most_rows else None
    return LabelledRows(pa.table(columns), _build_rows(frame, time, encoded), n_newest)


def convert_reference_rows(reference: PredictedRows, layout: TableLayout) -> LabelledRows:
    """Return the reference rows as training rows; identifiers and sensitive columns are null.

    Parameters
    ----------
    reference : PredictedRows
        The training rows that the model's folder keeps.
    layout : TableLayout
        The columns.
    """
    columns = {}
    for column in layout.columns:
        name = column.name
        if name in reference.columns:
            columns[name] = _to_arrow(reference.columns[name], column.kind)
        elif name == layout.problem.target:
            columns[name] = _decode_target(reference.truth, column, layout.problem)
        elif name == layout.problem.event_time:
            columns[name] = pa.array(reference.time, ARROW_TYPES["datetime"])
        else:
            columns[name] = pa.nulls(len(reference), ARROW_TYPES[column.kind])
    frame = reference.columns[list(layout.logged)]
    return LabelledRows(pa.table(columns), _build_rows(frame, reference.time, reference.truth))


def _select_labelled(table: pa.Table, truth: KnownTruth, now: np.datetime64) -> pa.Table:
    found = truth.find(table)
    is_known = (found >= 0) & (table["time"].to_numpy() <= now)
    return table.append_column(_FOUND, pa.array(found)).filter(pa.array(is_known))


def _keep_newest(table: pa.Table, truth: KnownTruth, days: float, most_rows: int) -> pa.Table:
    time = table["time"].to_numpy()
    order = np.argsort(time, kind="stable")
    kept = np.ones(len(time), dtype=bool)
    if len(time):
        kept = time[order] >= time.max() - np.timedelta64(round(days * 86_400), "s")
    if truth.keys != (REQUEST_ID,):
        # A row that is asked for again must not be on both sides of a split.
        kept &= ~pd.Series(table[_FOUND].to_numpy()[order]).duplicated(keep="last").to_numpy()
    return table.take(pa.array(order[kept][-most_rows:]))


def _convert_column(values: pa.ChunkedArray, kind: Kind) -> pd.Series:
    if kind == "string":
        return pd.Series(values.to_pandas(), dtype=object)
    return pd.Series(values.to_numpy())


def _build_rows(frame: pd.DataFrame, time: np.ndarray, truth: np.ndarray) -> PredictedRows:
    return PredictedRows(frame, np.empty((len(frame), 0)), np.ones(len(frame)), time, truth)


def _to_arrow(values: pd.Series, kind: Kind) -> pa.Array:
    return pa.array(values, from_pandas=True).cast(ARROW_TYPES[kind], safe=False)


def _decode_target(encoded: np.ndarray, column: Column, problem: Problem) -> pa.Array:
    if not problem.classes:
        return pa.array(encoded).cast(ARROW_TYPES[column.kind], safe=False)
    classes = order_classes(problem)
    return pa.array([classes[int(number)] for number in encoded], ARROW_TYPES[column.kind])


def _read_keys(texts: list[str | None], column: Column) -> pa.Array:
    def read(text: str | None) -> Value:
        try:
            return None if text is None else reader.read(text)
        except UnreadableCell:
            return None

    reader = column.reader
    return pa.array([read(text) for text in texts], ARROW_TYPES[column.kind])
