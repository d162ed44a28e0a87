"""Summary statistics of each column."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components._table.keys import explain_number_key, explain_text_key
from components._table.schema import Kind
from components.eda.values import compute_iqr_fences, to_numbers


@dataclass(frozen=True)
class NumericSummary:
    """The distribution of a numeric column; nulls are left out.

    Attributes
    ----------
    minimum, q1, median, q3, maximum : float
        Extremes and quartiles.
    skew : float
        Third standardised moment; 0 for a symmetric column and for a constant one.
    n_outside, n_far_outside : int
        Rows beyond the IQR fences, 1.5 and 3 interquartile ranges from the quartiles (Tukey, Exploratory
        Data Analysis, 1977); 0 where the quartiles are equal.
    """

    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    skew: float
    n_outside: int
    n_far_outside: int

    @classmethod
    def from_values(cls, values: np.ndarray) -> "NumericSummary | None":
        """Return the summary of numbers of shape (n_rows,); None where all are NaN."""
        known = np.sort(values[~np.isnan(values)])
        if not known.size:
            return None
        q1, median, q3 = np.quantile(known, [0.25, 0.5, 0.75])
        # Scaled to at most 1, because powers of very large and very small numbers over- or underflow.
        scale = float(np.abs(known[[0, -1]]).max()) or 1.0
        # In floating point, the spread of equal values is not exactly 0.
        is_constant = known[0] == known[-1]
        skew = 0.0 if is_constant else _compute_skew(known / scale)
        return cls(
            minimum=float(known[0]),
            q1=float(q1),
            median=float(median),
            q3=float(q3),
            maximum=float(known[-1]),
            skew=skew,
            n_outside=_count_beyond(known, q1, q3, 1.5),
            n_far_outside=_count_beyond(known, q1, q3, 3.0),
        )


@dataclass(frozen=True)
class ColumnSummary:
    """One column.

    Attributes
    ----------
    name, kind : str
        Name, and kind of its values.
    n_rows, n_null, n_distinct : int
        Rows, rows without a value, distinct values without nulls.
    numbers : NumericSummary or None
        The distribution of an integer or float column with at least one value.
    key : str
        Why the column looks like an identifier or free text; else empty.
    is_free_text : bool
        Whether its texts are sentences.
    """

    name: str
    kind: Kind
    n_rows: int
    n_null: int
    n_distinct: int
    numbers: NumericSummary | None = None
    key: str = ""
    is_free_text: bool = False

    @property
    def n_known(self) -> int:
        """Rows with a value."""
        return self.n_rows - self.n_null

    @property
    def null_share(self) -> float:
        """Share of the rows without a value, from 0 to 1."""
        return self.n_null / max(self.n_rows, 1)


def summarise_columns(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> tuple[ColumnSummary, ...]:
    """Return a summary of each column of a table, in order."""
    return tuple(_summarise_column(frame[name], name, kinds[name]) for name in frame.columns)


def _summarise_column(column: pd.Series, name: str, kind: Kind) -> ColumnSummary:
    is_number = kind in ("integer", "float")
    values = to_numbers(column) if is_number else None
    key, is_free = _find_key(column, name, kind)
    return ColumnSummary(
        name=name,
        kind=kind,
        n_rows=len(column),
        n_null=int(column.isna().sum() if values is None else np.isnan(values).sum()),
        n_distinct=int(column.nunique()),
        numbers=None if values is None else NumericSummary.from_values(values),
        key=key,
        is_free_text=is_free,
    )


def _find_key(column: pd.Series, name: str, kind: Kind) -> tuple[str, bool]:
    if kind == "integer":
        return explain_number_key(name, to_numbers(column)), False
    if kind != "string":
        return "", False
    texts = column.dropna()
    return explain_text_key(texts.unique().tolist(), len(texts))


def _compute_skew(values: np.ndarray) -> float:
    deviations = values - values.mean()
    spread = np.sqrt((deviations**2).mean())
    return float(((deviations / spread) ** 3).mean()) if spread > 0 else 0.0


def _count_beyond(ordered: np.ndarray, q1: float, q3: float, factor: float) -> int:
    if q1 == q3:
        return 0
    lower, upper = compute_iqr_fences(q1, q3, factor)
    return int(
        np.searchsorted(ordered, lower, "left") + ordered.size - np.searchsorted(ordered, upper, "right")
    )
