"""A table of many rows: DuckDB counts what its profile asks about, one column at a time."""

# All names in queries are quoted by the engine.
# ruff: noqa: S608

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa

from components._table.engine import TableEngine
from components._table.keys import is_owner_name
from components._table.kinds import Kind
from components._table.sorted_numbers import NumberCollector, are_sortable
from components._table.storage import iterate_batches, read_arrow_schema
from components.validate.counted_column import check_kind
from components.validate.disk_column import DiskColumn
from components.validate.disk_groups import DiskGroups
from components.validate.groups import GroupedRows, has_enough_groups
from components.validate.profiled_table import ProfiledTable
from components.validate.sorted_column import SortedColumn

_TABLE = "profiled"


class _SeenColumn(NamedTuple):
    """What is kept of a column whose values are no longer at hand; see ``DiskColumn``."""

    kind: Kind
    n_null: int
    n_known: int
    n_repeated: int
    n_in_repeated: int
    is_unique: bool


class DiskTable(ProfiledTable):
    """A table of many rows, which stay on disk.

    Parameters
    ----------
    path : str
        Its folder.
    n_rows : int
        Its rows.
    engine : TableEngine
        The engine.
    """

    def __init__(self, path: str, n_rows: int, engine: TableEngine) -> None:
        self.n_rows = n_rows
        self._path = path
        self._schema: pa.Schema = read_arrow_schema(path)
        self._kinds = {field.name: check_kind(field.name, field.type) for field in self._schema}
        self._engine = engine
        self._columns, self._row = engine.add_numbered_table(_TABLE, path)
        self._seen: dict[str, _SeenColumn] = {}

    def iterate_columns(self) -> Iterator[tuple[str, DiskColumn | SortedColumn]]:
        """Yield each column with its name."""
        for name in self._kinds:
            values = self._count_values(name)
            self._seen[name] = _SeenColumn(
                values.kind,
                values.n_null,
                values.n_known,
                values.n_repeated,
                values.n_in_repeated,
                values.is_unique,
            )
            yield name, values
        self._engine.drop_query("counts")

    def count_duplicates(self) -> int:
        """Return how many rows repeat an earlier one in every column, once all columns were yielded."""
        return self._n_duplicates

    def count_targets(self, target: str) -> int:
        """Return how many rows have a target, of those that repeat no earlier one."""
        known = f"SELECT count({self._columns[target]}) FROM {self._firsts}"
        return int(self._engine.query_table(known).column(0)[0].as_py())

    def group_rows(
        self, names: list[str], target: str, *, has_classes: bool
    ) -> Iterator[tuple[str, GroupedRows]]:
        """Yield the rows grouped by each of some columns, unless it has too few groups."""
        n_left_out = self._n_duplicates + self._seen[target].n_null
        for name in names:
            values = self._seen[name]
            # Of all rows: never fewer groups than of the rows that count, and never more rows than these.
            if has_enough_groups(
                values.n_repeated,
                values.n_in_repeated,
                max(values.n_known - n_left_out, 0),
                is_named=is_owner_name(name),
            ):
                yield (
                    name,
                    DiskGroups(
                        self._engine,
                        self._firsts,
                        self._columns[name],
                        self._columns[target],
                        self._row,
                        has_classes=has_classes,
                    ),
                )
        self._engine.drop_query("pairs")

    def _count_values(self, name: str) -> DiskColumn | SortedColumn:
        kind = self._kinds[name]
        if kind in ("integer", "float", "datetime") and are_sortable(self.n_rows, self._engine.memory):
            numbers = NumberCollector(self.n_rows)
            for batch in iterate_batches(self._path, [name]):
                numbers.add(batch.column(0))
            return SortedColumn(self._path, name, kind, numbers.sort(), self.n_rows)
        column = self._columns[name]
        table = self._engine.select(_TABLE, [column, self._row])
        return DiskColumn(self._engine, table, column, self._row, kind)

    @cached_property
    def _n_duplicates(self) -> int:
        # Rows that differ in one column are no copies.
        if not self._seen or any(values.is_unique for values in self._seen.values()):
            return 0
        distinct = self._engine.query_table(f"SELECT count(DISTINCT {self._hash_row()}) FROM {_TABLE}")
        return self.n_rows - int(distinct.column(0)[0].as_py())

    def _hash_row(self) -> str:
        """Return the hash of a row as SQL."""
        values = [
            # In a data frame of a later stage, whole numbers beside nulls are floats.
            f"{column}::DOUBLE" if values.kind == "integer" and values.n_null else column
            for name, column in self._columns.items()
            for values in [self._seen[name]]
        ]
        return f"hash({', '.join(values)})"

    @cached_property
    def _firsts(self) -> str:
        """The rows that repeat no earlier one, as a relation."""
        if not self._n_duplicates:
            return _TABLE
        self._engine.store_query(
            "firsts", f"SELECT min({self._row}) AS row FROM {_TABLE} GROUP BY {self._hash_row()}"
        )
        return f"(SELECT * FROM {_TABLE} WHERE {self._row} IN (SELECT row FROM firsts))"
