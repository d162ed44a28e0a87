"""The rows of a table that were set aside, with their numbers and why, as a table of its own."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind
from components._table.row_mask import RowMask
from components._table.storage import TableInfo, open_table, write_table

# Which of the two tables of a training a row is from.
Origin = Literal["source", "test"]
_COLUMNS: dict[str, Kind] = {
    "quarantine_table": "string",
    "quarantine_row": "integer",
    "quarantine_reason": "string",
}


class SetAside(NamedTuple):
    """The rows of one table that are set aside.

    Attributes
    ----------
    origin : {"source", "test"}
        Which table it is.
    batches : iterable of RecordBatch
        All its rows, in their order.
    is_set_aside : RowMask
        Which of them are set aside.
    list_reasons : callable
        Returns why, for each of some rows.
    """

    origin: Origin
    batches: Iterable[pa.RecordBatch]
    is_set_aside: RowMask
    list_reasons: Callable[[pa.RecordBatch], list[str]]


def write_quarantine(tables: Iterable[SetAside], columns: pa.Schema, path: str | Path) -> TableInfo:
    """Write rows that were set aside, with three columns before their own: table, row and reason.

    A row's number is counted from 1, as in messages.
    """
    schema = build_quarantine_schema(columns)

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        for table in tables:
            yield from _iterate_set_aside(table, schema)

    return write_table(iterate_batches(), schema, path)


def build_quarantine_schema(columns: pa.Schema) -> pa.Schema:
    """Return the columns of a quarantine, whose own names are longer where the table has them, too."""
    own = []
    for name, kind in _COLUMNS.items():
        while name in columns.names:
            name += "_"
        own.append(pa.field(name, ARROW_TYPES[kind]))
    return pa.schema([*own, *columns])


def find_set_aside(path: str | Path, origin: Origin, n_rows: int) -> np.ndarray:
    """Return which rows of a table a quarantine holds, as a bool array of shape (n_rows,)."""
    table = open_table(path)
    names = table.schema.names[:2]
    found = table.to_table(columns=names, filter=pc.field(names[0]) == origin)
    is_set_aside = np.zeros(n_rows, dtype=bool)
    is_set_aside[found.column(1).to_numpy() - 1] = True
    return is_set_aside


def _iterate_set_aside(table: SetAside, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in table.batches:
        chosen = np.flatnonzero(table.is_set_aside.read(start, batch.num_rows))
        if len(chosen):
            rows = batch.take(pa.array(chosen))
            own = [
                pa.array([table.origin] * len(chosen)),
                pa.array(chosen + start + 1),
                pa.array(table.list_reasons(rows), pa.string()),
            ]
            yield pa.RecordBatch.from_arrays([*own, *rows.columns], schema=schema)
        start += batch.num_rows
