"""Columns as numbers."""

import numpy as np
import pandas as pd

from components._table.seconds import to_seconds

# The squares of larger numbers leave the range of a float.
LARGEST = 1e100


def compute_iqr_fences(q1: float, q3: float, factor: float) -> tuple[float, float]:
    """Return the values that lie ``factor`` interquartile ranges beyond the quartiles."""
    reach = factor * (q3 - q1)
    return q1 - reach, q3 + reach


def to_numbers(column: pd.Series) -> np.ndarray:
    """Return a column as float64, shape (n_rows,); NaN for null and for values that are not finite.

    True and false become 1 and 0, datetimes become seconds since 1970.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return to_seconds(column)
    if column.dtype == object:
        # Booleans with nulls are objects: True, False, None.
        column = column.map({True: 1.0, False: 0.0})
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)
