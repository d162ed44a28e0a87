"""What decides on the side of each row, on disk, for tables whose rows do not fit into memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components._problem.spec import Problem
from components._table.quarantine import Origin, QuarantinedRows
from components._table.row_hashes import RowHasher
from components._table.storage import iterate_batches, read_arrow_schema
from components._table.target import encode_target, order_classes


class RowSource(NamedTuple):
    """A table whose rows are to be split.

    Attributes
    ----------
    table : str
        Its folder.
    origin : {"source", "test"}
        Which table of the training it is.
    quarantine : str or None
        Folder of the rows that are set aside.
    """

    table: str
    origin: Origin
    quarantine: str | None


class UsableRows(NamedTuple):
    """The rows of a batch that have a target and are not set aside.

    Attributes
    ----------
    batch : RecordBatch
        These rows.
    is_usable : ndarray of bool, shape (n_batch_rows,)
        Which rows of the batch they are.
    numbers : ndarray of int, shape (n_rows,)
        The number of each row in the table, from 0.
    codes : ndarray of int, shape (n_rows,)
        The class of each row; 0 in regression.
    """

    batch: pa.RecordBatch
    is_usable: np.ndarray
    numbers: np.ndarray
    codes: np.ndarray


def iterate_usable(source: RowSource, problem: Problem, columns: Sequence[str]) -> Iterator[UsableRows]:
    """Yield the rows with a target that are not set aside, one item for each batch of the table.

    ``columns`` are those to read, beside the target.
    """
    names = list(dict.fromkeys([problem.target, *columns]))
    set_aside = None if source.quarantine is None else QuarantinedRows(source.quarantine, source.origin)
    start = 0
    for batch in iterate_batches(source.table, names):
        target = pd.Series(batch.column(problem.target).to_pandas())
        is_usable = np.asarray(target.notna(), dtype=bool)
        if set_aside is not None:
            is_usable &= ~set_aside.take(batch.num_rows)
        target = target[is_usable]
        codes = (
            np.zeros(len(target), dtype=np.int64)
            if problem.kind == "regression"
            else encode_target(target, problem)
        )
        numbers = start + np.flatnonzero(is_usable)
        yield UsableRows(batch.filter(pa.array(is_usable)), is_usable, numbers, codes)
        start += batch.num_rows


class DecidingRows:
    """Writes what decides on each usable row as a table of Parquet, for an engine.

    Its columns are ``stratum``, the place of the row's class among the sorted classes, and those of these
    that the problem or the choice needs: ``y``, ``moment``, ``own_group`` and its hash ``group_hash``, and
    ``row_hash``.

    Parameters
    ----------
    tables : sequence of str
        Folders of the tables, whose hashes are comparable.
    problem : Problem
        The resolved problem.
    hashed : sequence of str
        The columns of ``row_hash``; none for no such column.
    """

    def __init__(self, tables: Sequence[str], problem: Problem, hashed: Sequence[str]) -> None:
        self._problem = problem
        self._hashed = hashed
        self._schema = self._build_schema(read_arrow_schema(tables[0]))
        self._strata: np.ndarray = np.zeros(1, dtype=np.int64)
        if problem.classes:
            # As `compute_strata` numbers them.
            self._strata = pd.factorize(np.array(order_classes(problem), dtype=object), sort=True)[0]
        self._row_hasher = RowHasher(tables, hashed)
        self._group_hasher = RowHasher(tables, [] if problem.group is None else [problem.group])

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are read."""
        names = (self._problem.event_time, self._problem.group)
        return [*(name for name in names if name is not None), *self._hashed]

    def iterate(self, source: RowSource) -> Iterator[tuple[UsableRows, pa.RecordBatch]]:
        """Yield the usable rows of one of the tables, and what decides on them."""
        for rows in iterate_usable(source, self._problem, self.columns):
            yield rows, self.describe(rows)

    def write(self, batches: Iterator[pa.RecordBatch], folder: Path) -> None:
        """Write what decides on rows as a table."""
        folder.mkdir()
        with pq.ParquetWriter(folder / "part-00000.parquet", self._schema) as writer:
            for batch in batches:
                writer.write_batch(batch)

    def describe(self, rows: UsableRows) -> pa.RecordBatch:
        """Return what decides on rows, see the class."""
        columns = {"stratum": pa.array(self._strata[rows.codes], pa.int32())}
        if self._problem.kind == "regression":
            target = rows.batch.column(self._problem.target)
            columns["y"] = pc.cast(target, pa.float64(), safe=False)
        if self._problem.event_time is not None:
            columns["moment"] = rows.batch.column(self._problem.event_time)
        if self._problem.group is not None:
            columns["own_group"] = rows.batch.column(self._problem.group)
            columns["group_hash"] = pa.array(self._group_hasher.hash(rows.batch))
        if self._hashed:
            columns["row_hash"] = pa.array(self._row_hasher.hash(rows.batch))
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=self._schema)

    def _build_schema(self, table: pa.Schema) -> pa.Schema:
        fields = [pa.field("stratum", pa.int32())]
        if self._problem.kind == "regression":
            fields.append(pa.field("y", pa.float64()))
        if self._problem.event_time is not None:
            fields.append(pa.field("moment", table.field(self._problem.event_time).type))
        if self._problem.group is not None:
            fields.append(pa.field("own_group", table.field(self._problem.group).type))
            fields.append(pa.field("group_hash", pa.uint64()))
        if self._hashed:
            fields.append(pa.field("row_hash", pa.uint64()))
        return pa.schema(fields)
