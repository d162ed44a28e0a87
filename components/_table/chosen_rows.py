"""Chosen rows of a table, read without the others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from components._table.arrow import TYPES_WITH_NULLS
from components._table.storage import iterate_batches, read_arrow_schema


def choose_row_numbers(n_rows: int, most: int, seed: int | np.random.Generator) -> np.ndarray:
    """Return the numbers of at most ``most`` of so many rows, drawn without replacement, ascending."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(n_rows, min(n_rows, most), replace=False))


def read_chosen_rows(path: str | Path, numbers: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """Return some rows of a table, as ``read_frame(path, columns).iloc[numbers]`` would.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    numbers : ndarray of int, shape (n_chosen,)
        Numbers of the rows, ascending, from 0.
    columns : list of str
        Columns to read; one that is named twice is read once.

    Returns
    -------
    DataFrame of shape (n_chosen, n_columns)
        With the types that the columns of the whole table have, numbered from 0.
    """
    names = list(dict.fromkeys(columns))
    whole = read_arrow_schema(path)
    schema = pa.schema([whole.field(name) for name in names])
    pieces: list[pa.RecordBatch] = []
    with_nulls: dict[str, str] = {}
    first = 0
    for batch in iterate_batches(path, names):
        # A file may have another order of columns.
        batch = batch.select(names)
        start, end = np.searchsorted(numbers, (first, first + batch.num_rows))
        pieces.append(batch.take(pa.array(numbers[start:end] - first)))
        first += batch.num_rows
        with_nulls |= {
            field.name: TYPES_WITH_NULLS[field.type]
            for field, column in zip(batch.schema, batch.columns, strict=True)
            if field.type in TYPES_WITH_NULLS and column.null_count
        }
    frame: pd.DataFrame = pa.Table.from_batches(pieces, schema.remove_metadata()).to_pandas()
    return frame.astype(with_nulls)
