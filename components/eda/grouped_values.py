"""The values of a column with their rows, which an engine keeps."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from components._table.arrow import rechunk
from components._table.engine import TableEngine

_BATCH_ROWS = 65_536
_VALUES = "grouped_values"


class GroupedValues:
    """The values of a column without null, ``v``, and their rows, ``n``.

    Numbers are in order, and may come again. Of other kinds, each value comes once, in any order, with the
    number of its first row, ``first``.
    """

    def __init__(self, engine: TableEngine) -> None:
        self._engine = engine

    def query_values(self, selected: Sequence[str], parameters: Sequence[Any] = ()) -> list[Any]:
        """Return aggregates of the values, given as SQL with a ``?`` for each parameter."""
        sql = f"SELECT {', '.join(selected)} FROM {_VALUES}"  # noqa: S608
        return read_first_row(self._engine.query_table(sql, parameters))

    def iterate(self, then: str = "", parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """Yield values and rows in batches of one size; ``then`` follows the selection."""
        sql = f"SELECT v, n FROM {_VALUES} {then}"  # noqa: S608
        return rechunk(self._engine.query(sql, parameters), _BATCH_ROWS)


@contextmanager
def store_values(engine: TableEngine, sql: str) -> Iterator[GroupedValues]:
    """Give the values that a query selects; the engine keeps them as long as the context lasts."""
    try:
        engine.store_query(_VALUES, sql)
        yield GroupedValues(engine)
    finally:
        engine.drop_query(_VALUES)


def read_first_row(table: pa.Table) -> list[Any]:
    """Return the values of a table's first row."""
    return [column[0].as_py() for column in table.columns]
