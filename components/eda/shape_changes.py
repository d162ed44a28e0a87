"""Columns as they would be if a finding about their values were acted on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import yeojohnson

from components._table.schema import Kind
from components._table.seconds import to_seconds
from components.eda.findings import name_transformation
from components.eda.summaries import NumericSummary
from components.eda.values import LARGEST, compute_iqr_fences, to_numbers

# As preprocess does, unless it is set otherwise.
FENCE_FACTOR = 3.0
RARE_BELOW = 0.001
_OTHER = "(other)"


def shorten_tail(column: pd.Series, values: NumericSummary) -> pd.Series:
    """Return a column of numbers after the transformation that would make it more symmetric."""
    numbers = np.clip(to_numbers(column), -LARGEST, LARGEST)
    name = name_transformation(values)
    if name != "Yeo-Johnson":
        return pd.Series(np.log(numbers) if name == "log(x)" else np.log1p(numbers), column.index)
    known = ~np.isnan(numbers)
    spread = numbers[known].std() if known.any() else 0.0
    if spread == 0:
        return column
    standard = (numbers - numbers[known].mean()) / spread
    standard[known] = yeojohnson(standard[known])[0]
    return pd.Series(standard, column.index)


def clip_outliers(column: pd.Series, values: NumericSummary) -> pd.Series:
    """Return a column of numbers without what is beyond the IQR fences of preprocess."""
    if values.q1 == values.q3:
        return column
    return column.clip(*compute_iqr_fences(values.q1, values.q3, FENCE_FACTOR))


def merge_rare(column: pd.Series) -> pd.Series:
    """Return a column of texts in which rare categories are one."""
    counts = column.map(column.value_counts()).to_numpy(np.float64)
    return column.mask(counts < max(RARE_BELOW * len(column), 1.0), _OTHER)


def mark_nulls(column: pd.Series, kind: Kind, values: Sequence[str]) -> pd.Series:
    """Return a column with null where it has one of some values: numbers, or dates as 2026-01-31."""
    return column.mask(is_one_of(column, kind, values))


def is_one_of(column: pd.Series, kind: Kind, values: Sequence[str]) -> np.ndarray:
    """Return the rows that have one of some values, bool of shape (n_rows,)."""
    if kind == "datetime":
        moments = to_seconds(pd.Series(list(values)).astype("datetime64[us]"))
    else:
        moments = np.array([float(value) for value in values])
    return np.isin(to_numbers(column), moments)
