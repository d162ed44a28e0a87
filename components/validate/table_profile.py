"""The profile of a table, computed from all rows, one column at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from components._table.keys import is_owner_name
from components._table.row_hashes import hash_table
from components._table.schema import Column, Schema
from components._table.table_reading import TableReading
from components.validate.column_profile import ColumnProfile, profile_column
from components.validate.groups import LEAST_GROUPS, Grouping, find_grouping
from components.validate.target_profile import MAX_NUMBER_CLASSES, TargetProfile, profile_target

_CELLS_AT_ONCE = 500_000


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


def profile_table(table: ds.Dataset, target: str, cells: TableReading) -> TableProfile:
    """Compute the profile of a table.

    Reads few columns at a time, so that memory does not grow with the table.

    Parameters
    ----------
    table : Dataset
        The table, whose types are those of ``ARROW_TYPES``.
    target : str
        Name of the column to predict, which the table may lack.
    cells : TableReading
        How the table was read.
    """
    n_rows = table.count_rows()
    hashes = np.zeros(n_rows, dtype=np.uint64)
    columns: list[ColumnProfile] = []
    target_profile = None
    for block in _iterate_blocks(table, table.schema.names, n_rows):
        for name, values in zip(block.column_names, block.columns, strict=True):
            profile = profile_column(name, values)
            reading = cells.columns[name].reading
            columns.append(replace(profile, column=replace(profile.column, reading=reading)))
            if name == target:
                target_profile = profile_target(values, columns[-1].column)
        # Each block's hash is well mixed, so any odd factor keeps the order of the blocks in the sum.
        hashes = hashes * np.uint64(1_000_003) + hash_table(block)
    _, firsts = np.unique(hashes, return_index=True)
    n_duplicates = n_rows - len(firsts) if columns else 0
    if target_profile is not None:
        # Copies of a row agree in every column, so only one of them is evidence of a group.
        columns = _add_groupings(table, columns, target_profile, np.sort(firsts))
    return TableProfile(tuple(columns), n_rows, n_duplicates, target_profile, cells.file or {})


def _add_groupings(
    table: ds.Dataset, columns: list[ColumnProfile], target: TargetProfile, rows: np.ndarray
) -> list[ColumnProfile]:
    """Return the columns with their groupings, computed on some rows."""
    if target.column.kind == "datetime" or not target.n_known:
        return columns
    (block,) = _iterate_blocks(table, [target.column.name], 1)
    values = block.take(rows).column(0)
    is_known = values.is_valid().to_numpy()
    rows = rows[is_known]
    has_classes = bool(target.counts) and len(target.counts) <= MAX_NUMBER_CLASSES
    has_classes |= target.column.kind in ("string", "boolean")
    y = (
        _encode_values(values.drop_null())
        if has_classes
        else values.drop_null().to_numpy().astype(np.float64)
    )
    profiles = {profile.column.name: profile for profile in columns}
    possible = [
        name
        for name, profile in profiles.items()
        if name != target.column.name and _can_group(profile.column, len(rows))
    ]
    for block in _iterate_blocks(table, possible, table.count_rows()):
        for name, values in zip(block.column_names, block.take(rows).columns, strict=True):
            grouping = _compute_grouping(values, profiles[name].column, y, has_classes)
            profiles[name] = replace(profiles[name], grouping=grouping)
    return list(profiles.values())


def _can_group(column: Column, n_rows: int) -> bool:
    return column.kind in ("string", "integer") and LEAST_GROUPS <= column.n_distinct < n_rows


def _compute_grouping(
    values: pa.ChunkedArray, column: Column, target: np.ndarray, has_classes: bool
) -> Grouping | None:
    is_known = values.is_valid().to_numpy()
    return find_grouping(
        _encode_values(values.drop_null()),
        target[is_known],
        has_classes=has_classes,
        is_named=is_owner_name(column.name),
        is_ordered=column.kind == "integer",
    )


def _encode_values(values: pa.ChunkedArray) -> np.ndarray:
    """Return the rank of each value among the distinct values, from 0."""
    ranks = pc.rank(values, tiebreaker="dense") if len(values) else values
    return np.asarray(ranks.to_numpy(), dtype=np.int64) - 1


def _iterate_blocks(table: ds.Dataset, names: list[str], n_rows: int) -> Iterator[pa.Table]:
    """Yield the columns, a few in each block."""
    # Each read takes a while for each column of the table, whether it is read or not.
    size = max(1, _CELLS_AT_ONCE // max(1, n_rows))
    for start in range(0, len(names), size):
        block = table.to_table(columns=names[start : start + size])
        # Parquet files may hold both NaN and null; pandas, and so every later stage, reads both as null.
        columns = [
            pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values
            for values in block.columns
        ]
        yield pa.table(columns, names=block.column_names)
