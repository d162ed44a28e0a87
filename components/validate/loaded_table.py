"""A table of few rows: its columns are read into memory, a few at a time."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.row_hashes import hash_table
from components._table.storage import open_table
from components.validate.groups import GroupedRows
from components.validate.loaded_column import LoadedColumn
from components.validate.loaded_groups import LoadedGroups
from components.validate.profiled_table import ProfiledTable

_CELLS_AT_ONCE = 500_000


class LoadedTable(ProfiledTable):
    """A table of few rows, whose columns are read into memory.

    Parameters
    ----------
    path : str
        Its folder.
    n_rows : int
        Its rows.
    """

    def __init__(self, path: str, n_rows: int) -> None:
        self.n_rows = n_rows
        self._table = open_table(path)
        self._hashes = np.zeros(self.n_rows, dtype=np.uint64)

    def iterate_columns(self) -> Iterator[tuple[str, LoadedColumn]]:
        """Yield each column with its name."""
        for block in self._iterate_blocks(self._table.schema.names, self.n_rows):
            for name, values in zip(block.column_names, block.columns, strict=True):
                yield name, LoadedColumn(name, values)
            # Each block's hash is well mixed, so any odd factor keeps the order of the blocks in the sum.
            self._hashes = self._hashes * np.uint64(1_000_003) + hash_table(block)

    def count_duplicates(self) -> int:
        """Return how many rows repeat an earlier one in every column, once all columns were yielded."""
        return self.n_rows - len(self._firsts) if self._table.schema.names else 0

    def count_targets(self, target: str) -> int:
        """Return how many rows have a target, of those that repeat no earlier one."""
        return len(self._firsts) - int(self._read_target(target).null_count)

    def group_rows(
        self, names: list[str], target: str, *, has_classes: bool
    ) -> Iterator[tuple[str, GroupedRows]]:
        """Yield the rows grouped by each of some columns."""
        labels = self._read_target(target)
        rows = self._firsts[labels.is_valid().to_numpy()]
        known = labels.drop_null()
        y = _encode_values(known) if has_classes else known.to_numpy().astype(np.float64)
        for block in self._iterate_blocks(names, self.n_rows):
            for name, values in zip(block.column_names, block.take(rows).columns, strict=True):
                is_known = values.is_valid().to_numpy()
                codes = _encode_values(values.drop_null())
                yield name, LoadedGroups(codes, y[is_known], has_classes=has_classes)

    @cached_property
    def _firsts(self) -> np.ndarray:
        """The numbers of the rows that repeat no earlier one."""
        return np.sort(np.unique(self._hashes, return_index=True)[1])

    def _read_target(self, name: str) -> pa.ChunkedArray:
        (block,) = self._iterate_blocks([name], 1)
        return block.take(self._firsts).column(0)

    def _iterate_blocks(self, names: list[str], n_rows: int) -> Iterator[pa.Table]:
        """Yield the columns, a few in each block."""
        # Each read takes a while for each column of the table, whether it is read or not.
        size = max(1, _CELLS_AT_ONCE // max(1, n_rows))
        for start in range(0, len(names), size):
            block = self._table.to_table(columns=names[start : start + size])
            # Parquet files may hold both NaN and null; pandas, and so every later stage, reads both as null.
            columns = [
                pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values
                for values in block.columns
            ]
            yield pa.table(columns, names=block.column_names)


def _encode_values(values: pa.ChunkedArray) -> np.ndarray:
    """Return the rank of each value among the distinct values, from 0."""
    ranks = pc.rank(values, tiebreaker="dense") if len(values) else values
    return np.asarray(ranks.to_numpy(), dtype=np.int64) - 1
