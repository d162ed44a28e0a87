"""The reference profile: how the training rows and the model's predictions are distributed."""

from typing import Any

import numpy as np
import pandas as pd

from components._table.keys import explain_text_key
from components._table.schema import Kind
from components._table.seconds import to_seconds

_BINS = 10
_CATEGORIES = 50


def compute_reference_profile(
    frame: pd.DataFrame, columns: dict[str, Kind], predictions: np.ndarray, n_rows: int | None = None
) -> dict[str, Any]:
    """Return the distributions that later rows are compared with, as JSON values.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    columns : dict of str to Kind
        The model's input columns.
    predictions : ndarray of shape (n_scored,) or (n_scored, n_classes)
        Out-of-fold predictions.
    n_rows : int or None
        Number of all training rows if ``frame`` is a sample of them.

    Returns
    -------
    dict
        For each column the share of nulls, and the share of rows per bin (numbers, and datetimes in seconds
        since 1970) or per category. Free text has the bins of its lengths in characters, and not the texts
        themselves, which new rows do not have. For the predictions the mean of each class, and the bins of
        the last class. A bin goes from its start, a decile, to the start of the next bin; the last is open.
    """
    profile: dict[str, Any] = {"n_rows": n_rows or len(frame), "columns": {}}
    for name, kind in columns.items():
        column = frame[name]
        shares: dict[str, Any]
        if kind != "string":
            shares = _compute_bin_shares(_as_numbers(column, kind))
        elif _is_free_text(column):
            shares = _compute_bin_shares(column.dropna().str.len().to_numpy(dtype=np.float64))
        else:
            shares = {"categories": _compute_category_shares(column)}
        profile["columns"][name] = {"null": float(column.isna().mean()), **shares}
    table = predictions.reshape(len(predictions), -1)
    profile["predictions"] = {"means": table.mean(axis=0).tolist(), **_compute_bin_shares(table[:, -1])}
    return profile


def _is_free_text(column: pd.Series) -> bool:
    known = column.dropna()
    _, is_free = explain_text_key(known.unique().tolist(), len(known))
    return is_free


def _as_numbers(column: pd.Series, kind: Kind) -> np.ndarray:
    known = column.dropna()
    if kind == "datetime":
        return to_seconds(known)
    return known.to_numpy(dtype=np.float64)


def _compute_bin_shares(values: np.ndarray) -> dict[str, list[float]]:
    if not values.size:
        return {"starts": [], "shares": []}
    deciles = np.quantile(values, np.linspace(0, 1, _BINS, endpoint=False), method="higher")
    starts = np.unique(deciles)
    counts = np.bincount(np.searchsorted(starts, values, side="right") - 1, minlength=len(starts))
    return {"starts": starts.tolist(), "shares": (counts / values.size).tolist()}


def _compute_category_shares(column: pd.Series) -> dict[str, float]:
    shares = column.value_counts(normalize=True).head(_CATEGORIES)
    return {str(name): float(share) for name, share in shares.items()}
