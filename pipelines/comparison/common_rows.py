"""The rows that two tables have in common."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd


class CommonRows(NamedTuple):
    """Rows of two tables that hold the same values, in pairs.

    Attributes
    ----------
    base, change : ndarray of int, shape (n_rows,)
        Their positions in both tables.
    n_base, n_change : int
        Number of rows of each table.
    """

    base: np.ndarray
    change: np.ndarray
    n_base: int
    n_change: int

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.base)

    @property
    def is_everything(self) -> bool:
        """Whether every row of both tables has its pair."""
        return self.n == self.n_base == self.n_change


def find_common_rows(base: pd.DataFrame, change: pd.DataFrame) -> CommonRows:
    """Return the rows that are equal in the columns that both tables have.

    Of equal rows in one table, the first is paired with the first of the other, and so on. Tables that share
    less than half of their columns have no common rows: a few columns do not say which rows are the same.

    Parameters
    ----------
    base, change : DataFrame
        The tables. An integer equals the same number as a float.
    """
    columns = [str(name) for name in base if name in change]
    if 2 * len(columns) < max(base.shape[1], change.shape[1]):
        none = np.empty(0, dtype=np.int64)
        return CommonRows(none, none, len(base), len(change))
    left, right = (_build_keys(table, columns) for table in (base, change))
    pairs = left.merge(right, on=["row", "repeat"], suffixes=("_base", "_change"))
    pairs = pairs.sort_values("position_change")
    return CommonRows(
        pairs["position_base"].to_numpy(), pairs["position_change"].to_numpy(), len(base), len(change)
    )


def _build_keys(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    texts = pd.DataFrame({name: _to_texts(table[name]) for name in columns}, index=range(len(table)))
    rows = pd.util.hash_pandas_object(texts, index=False)
    repeats = rows.groupby(rows).cumcount()
    return pd.DataFrame({"row": rows, "repeat": repeats, "position": np.arange(len(table))})


def _to_texts(column: pd.Series) -> np.ndarray:
    """Return a column as texts that do not depend on how a table stores it."""
    # A boolean is no number: a table says true, or says 1.
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    values = column.astype("float64") if is_number else column
    texts = np.asarray(values.astype(object).map(str), dtype=object)
    return np.where(values.isna(), "", texts)
