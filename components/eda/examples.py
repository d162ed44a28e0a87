"""A few rows that show a finding."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from components._report.formats import Cell, format_significant

MOST_EXAMPLES = 4
MOST_SHOWN = 7
# Enough to check a sum by hand.
_DIGITS = 6
_LONGEST_CELL = 40
_MOST_EXACT = 1e15
_NO_VALUE = "(null)"


def show_rows(
    frame: pd.DataFrame, places: Sequence[int] | np.ndarray, columns: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of some columns in the first four of some rows, as texts."""
    chosen = frame[list(columns)].iloc[list(places[:MOST_EXAMPLES])]
    texts = [[format_cell(value) for value in chosen[name].tolist()] for name in columns]
    return tuple(zip(*texts, strict=True))


def format_cell(value: Cell | date) -> str:
    """Return a cell as a short text; whole numbers as the table has them, without separators."""
    if pd.isna(value):
        return _NO_VALUE
    text = str(value).removesuffix(" 00:00:00")
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < _MOST_EXACT
        text = f"{value:.0f}" if is_whole else format_significant(value, _DIGITS)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def find_extremes(values: np.ndarray) -> np.ndarray:
    """Return the rows farthest from the median, the farthest first."""
    known = np.flatnonzero(~np.isnan(values))
    distances = np.abs(values[known] - np.median(values[known])) if len(known) else np.empty(0)
    return np.asarray(known[np.argsort(-distances, kind="stable")])


def find_repeats(column: pd.Series) -> np.ndarray:
    """Return the rows of the most frequent value."""
    counts = column.value_counts()
    return np.flatnonzero(column == counts.index[0]) if len(counts) else np.empty(0, dtype=int)


def find_copies(frame: pd.DataFrame) -> np.ndarray:
    """Return rows that equal each other in every column: two of one, then two of another."""
    copied = np.flatnonzero(frame.duplicated(keep=False))
    if not len(copied):
        return copied
    order = frame.iloc[copied].groupby(list(frame.columns), dropna=False, sort=False).ngroup().to_numpy()
    ranked = pd.Series(order).groupby(order).cumcount().to_numpy() < 2
    return np.asarray(copied[np.lexsort((np.arange(len(order)), order, ~ranked))])
