"""The values of a column as numbers."""

import numpy as np
import pandas as pd

from components._table.schema import Kind


def is_continuous(kind: Kind) -> bool:
    """Whether values of the kind have distances: numbers and datetimes, not strings and booleans."""
    return kind in ("integer", "float", "datetime")


def to_numbers(column: pd.Series) -> np.ndarray:
    """Return a column as float64 of shape (n_rows,): NaN for null and for what is not finite.

    True and false are 1 and 0; datetimes are seconds since 1970.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = column.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(times), np.nan, times.astype(np.int64) / 1e6)
    if column.dtype == object:
        # Booleans with nulls arrive as objects: True, False, None.
        column = column.map({True: 1.0, False: 0.0})
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)
