"""The profile of a table, computed from all rows, one column at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components._table.engine import TableEngine
from components._table.keys import is_owner_name
from components._table.schema import Column, Schema
from components._table.storage import count_row_groups, count_rows
from components._table.table_reading import TableReading
from components.validate.column_profile import ColumnProfile, profile_column
from components.validate.disk_table import DiskTable
from components.validate.groups import LEAST_GROUPS, find_grouping
from components.validate.loaded_table import LoadedTable
from components.validate.profiled_table import ProfiledTable
from components.validate.target_profile import MAX_NUMBER_CLASSES, TargetProfile, profile_target

# The engine takes about 10 ms for each column, however few the rows. Both ways give the same profile.
_MOST_LOADED_ROWS = 200_000
# So many rows have more row groups only if their texts are long.
_MOST_LOADED_GROUPS = 4


@dataclass(frozen=True)
class TableProfile:
    """The columns and rows of a table.

    Attributes
    ----------
    columns : tuple of ColumnProfile
        Its columns, in order.
    n_rows : int
        Number of rows.
    n_duplicates : int
        Rows that repeat an earlier row in every column.
    target : TargetProfile or None
        The column to predict; None if the table has no such column.
    file : dict
        Options of the problem for reading the file.
    expectations : dict
        What is expected of the table.
    """

    columns: tuple[ColumnProfile, ...]
    n_rows: int
    n_duplicates: int
    target: TargetProfile | None
    file: Mapping[str, Any] = field(default_factory=dict)
    expectations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """The table's schema."""
        columns = tuple(profile.column for profile in self.columns)
        return Schema(columns, self.n_rows, self.file, self.expectations)


def profile_table(path: str, target: str, cells: TableReading, engine: TableEngine) -> TableProfile:
    """Compute the profile of a table.

    Reads few columns at a time, and those of a table of many rows not into memory.

    Parameters
    ----------
    path : str
        The table's folder; its types are those of ``ARROW_TYPES``.
    target : str
        Name of the column to predict, which the table may lack.
    cells : TableReading
        How the table was read.
    engine : TableEngine
        The engine for a table of many rows.
    """
    n_rows = count_rows(path)
    is_large = n_rows > _MOST_LOADED_ROWS or count_row_groups(path) > _MOST_LOADED_GROUPS
    table = DiskTable(path, n_rows, engine) if is_large else LoadedTable(path, n_rows)
    columns: dict[str, ColumnProfile] = {}
    target_profile = None
    for name, values in table.iterate_columns():
        profile = profile_column(name, values)
        column = replace(profile.column, reading=cells.columns[name].reading)
        columns[name] = replace(profile, column=column)
        if name == target:
            target_profile = profile_target(values, column)
    n_duplicates = table.count_duplicates()
    if target_profile is not None:
        columns |= _find_groupings(table, columns, target_profile)
    return TableProfile(tuple(columns.values()), n_rows, n_duplicates, target_profile, cells.file or {})


def _find_groupings(
    table: ProfiledTable, columns: dict[str, ColumnProfile], target: TargetProfile
) -> dict[str, ColumnProfile]:
    """Return the columns whose values group the rows, with their groupings."""
    if target.column.kind == "datetime" or not target.n_known:
        return {}
    has_classes = bool(target.counts) and len(target.counts) <= MAX_NUMBER_CLASSES
    has_classes |= target.column.kind in ("string", "boolean")
    n_known = table.count_targets(target.column.name)
    possible = [
        name
        for name, profile in columns.items()
        if name != target.column.name and _can_group(profile.column, n_known)
    ]
    found = {}
    for name, rows in table.group_rows(possible, target.column.name, has_classes=has_classes):
        grouping = find_grouping(
            rows,
            has_classes=has_classes,
            is_named=is_owner_name(name),
            is_ordered=columns[name].column.kind == "integer",
        )
        found[name] = replace(columns[name], grouping=grouping)
    return found


def _can_group(column: Column, n_rows: int) -> bool:
    return column.kind in ("string", "integer") and LEAST_GROUPS <= column.n_distinct < n_rows
