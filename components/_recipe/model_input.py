"""A table's rows and columns in the form that a compiled model reads."""

import numpy as np
import pandas as pd

from components._compiled.recipe import Value
from components._compiled.steps import Columns, Strings
from components._table.schema import Kind

Rows = list[tuple[Value, ...]]


def to_rows(frame: pd.DataFrame, columns: dict[str, Kind]) -> Rows:
    """Return a tuple of values for each row; nulls and infinite numbers are None."""
    values = [_to_values(frame[name], kind) for name, kind in columns.items()]
    return list(zip(*values, strict=True))


def to_columns(frame: pd.DataFrame, columns: dict[str, Kind]) -> Columns:
    """Return a frame's columns in numpy.

    Strings may be objects or, which is faster, categories.
    """
    return {name: _to_column(frame[name], kind) for name, kind in columns.items()}


def _to_column(column: pd.Series, kind: Kind) -> np.ndarray | Strings:
    if kind == "string":
        if isinstance(column.dtype, pd.CategoricalDtype):
            return Strings(column.cat.codes.to_numpy(), column.cat.categories.tolist())
        codes, values = pd.factorize(column)
        return Strings(codes, values.tolist())
    return to_dates(column) if kind == "datetime" else to_floats(column)


def _to_values(column: pd.Series, kind: Kind) -> list[Value]:
    if kind == "string":
        return [None if is_null else str(value) for value, is_null in zip(column, column.isna(), strict=True)]
    if kind == "datetime":
        return [moment if moment == moment else None for moment in to_dates(column).astype(object)]
    floats = to_floats(column)
    return [
        value if is_finite else None
        for value, is_finite in zip(floats.tolist(), np.isfinite(floats), strict=True)
    ]


def to_dates(column: pd.Series) -> np.ndarray:
    """Return dates as datetime64[us]; nulls are NaT."""
    return column.to_numpy(dtype="datetime64[us]")


def to_floats(column: pd.Series) -> np.ndarray:
    """Return numbers and booleans as float64; nulls are NaN."""
    # A column of booleans with nulls has the type object.
    numbers = pd.to_numeric(column) if column.dtype == object else column
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)
