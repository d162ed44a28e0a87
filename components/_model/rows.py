"""A table's rows as the values that a compiled model takes."""

import numpy as np
import pandas as pd

from components._compiled.recipe import Value
from components._table.schema import Kind

Rows = list[tuple[Value, ...]]


def rows_of(frame: pd.DataFrame, columns: dict[str, Kind]) -> Rows:
    """Return a tuple of values for each row; a null, and a number that is not finite, is None.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Raw rows with at least these columns.
    columns : dict of str to Kind
        Columns in the order of the values, and their kinds.
    """
    values = [_values(frame[name], kind) for name, kind in columns.items()]
    return list(zip(*values, strict=True))


def _values(column: pd.Series, kind: Kind) -> list[Value]:
    if kind == "string":
        return [None if is_null else str(value) for value, is_null in zip(column, column.isna(), strict=True)]
    if kind == "datetime":
        moments = column.to_numpy(dtype="datetime64[us]").astype(object)
        return [moment if moment == moment else None for moment in moments]
    numbers = pd.to_numeric(column) if column.dtype == object else column
    floats = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    return [
        value if is_finite else None
        for value, is_finite in zip(floats.tolist(), np.isfinite(floats), strict=True)
    ]
