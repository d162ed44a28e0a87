"""The hashes of a table's rows, batch by batch, equal to those of the whole table at once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from components._table.arrow import TYPES_WITH_NULLS
from components._table.storage import hash_rows, iterate_batches, read_arrow_schema

_BATCH_ROWS = 65_536


class RowHasher:
    """Hashes the rows of tables as ``hash_rows`` would hash all rows of all these tables together.

    Parameters
    ----------
    paths : sequence of str or Path
        Folders of the tables, whose integer and Boolean columns are read once, to find those with nulls.
    names : sequence of str
        The columns to hash, which all tables have.
    """

    def __init__(self, paths: Sequence[str | Path], names: Sequence[str]) -> None:
        self._names = list(names)
        # Equal numbers have different hashes as an integer and as a float, so batches must agree.
        self._types = {
            name: TYPES_WITH_NULLS[kind]
            for path in paths
            for name, kind in _find_null_types(path, names).items()
        }

    def hash(self, batch: pa.RecordBatch) -> np.ndarray:
        """Return the hash of each row of a batch as uint64, shape (n_rows,)."""
        return _hash_batch(batch.select(self._names), self._types)


def hash_table(table: pa.Table) -> np.ndarray:
    """Return what ``hash_rows`` returns of a table, without a data frame of all its rows.

    A data frame has an object for each text, which takes several times the memory of Arrow's.
    """
    types = {
        field.name: TYPES_WITH_NULLS[field.type]
        for field, column in zip(table.schema, table.columns, strict=True)
        if field.type in TYPES_WITH_NULLS and column.null_count
    }
    batches = table.to_batches(max_chunksize=_BATCH_ROWS)
    return np.concatenate([np.empty(0, np.uint64), *(_hash_batch(batch, types) for batch in batches)])


def _hash_batch(batch: pa.RecordBatch, types: dict[str, str]) -> np.ndarray:
    return hash_rows(batch.to_pandas().astype(types))


def _find_null_types(path: str | Path, names: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the types of the columns that are another type in a data frame, because they have nulls."""
    schema = read_arrow_schema(path)
    unclear = {name for name in names if schema.field(name).type in TYPES_WITH_NULLS}
    found: dict[str, pa.DataType] = {}
    for batch in iterate_batches(path, sorted(unclear)) if unclear else ():
        found |= {name: schema.field(name).type for name in unclear if batch.column(name).null_count}
    return found
