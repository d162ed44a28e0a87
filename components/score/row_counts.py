"""Counts of rows and predictions that add up over batches."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from components._table.schema import Column, Kind, Schema
from components._table.seconds import to_seconds


class RowCounts(NamedTuple):
    """Counts of some rows.

    Attributes
    ----------
    nulls, unusual : dict of str to int
        By column: rows without a value, and rows with a value out of the training rows' range or categories.
    counts : dict of str to list of int
        By column: rows in each of the profile's bins or categories.
    predictions : dict of str to int
        Rows by class; empty for a regression.
    outputs : list of int
        Rows in each of the profile's bins of predictions.
    """

    nulls: dict[str, int]
    unusual: dict[str, int]
    counts: dict[str, list[int]]
    predictions: dict[str, int]
    outputs: list[int]


def count_values(
    rows: pd.DataFrame,
    scored: list[pa.Array],
    columns: dict[str, Kind],
    schema: Schema,
    profile: dict[str, Any],
) -> RowCounts:
    """Count rows and their predictions.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, n_columns)
        The model's columns.
    scored : list of Array
        Predictions and, for a classification, probabilities.
    columns : dict of str to Kind
        The model's columns and their kinds.
    schema : Schema
        The schema of the training rows.
    profile : dict
        The distributions in training.
    """
    unusual, counts = {}, {}
    for name, kind in columns.items():
        known, facts = rows[name].dropna(), profile["columns"][name]
        if "categories" in facts:
            by_value = known.astype(object).value_counts()
            counts[name] = [int(by_value.get(value, 0)) for value in facts["categories"]]
            categories = schema[name].categories
            unknown = by_value[~by_value.index.isin(categories)] if categories else by_value[:0]
            unusual[name] = int(unknown.sum())
        else:
            numbers = _to_numbers(known, kind)
            counts[name] = _count_bins(numbers, facts["starts"])
            unusual[name] = _count_out_of_range(numbers, schema[name])
    is_classified = len(scored) > 1
    labels = scored[0].cast(pa.string()).value_counts().to_pylist() if is_classified else []
    # The profile has the last class's probability.
    outputs = scored[-1].to_numpy(zero_copy_only=False)
    return RowCounts(
        {name: int(rows[name].isna().sum()) for name in columns},
        unusual,
        counts,
        {label["values"]: label["counts"] for label in labels},
        _count_bins(outputs, profile["predictions"]["starts"]),
    )


def merge_counts(parts: Iterable[RowCounts]) -> RowCounts:
    """Return the sum of the counts of at least one part."""
    first, *others = parts
    total = RowCounts(
        dict(first.nulls), dict(first.unusual), dict(first.counts), dict(first.predictions), first.outputs
    )
    for part in others:
        for sums, counts_of_part in ((total.nulls, part.nulls), (total.unusual, part.unusual)):
            for name, n in counts_of_part.items():
                sums[name] += n
        for label, n in part.predictions.items():
            total.predictions[label] = total.predictions.get(label, 0) + n
        for name, counts in part.counts.items():
            total.counts[name] = [a + b for a, b in zip(total.counts[name], counts, strict=True)]
        total = total._replace(outputs=[a + b for a, b in zip(total.outputs, part.outputs, strict=True)])
    return total


def _to_numbers(known: pd.Series, kind: Kind) -> np.ndarray:
    """Return what the profile has bins of; of free text its length."""
    if kind == "datetime":
        return to_seconds(known)
    lengths = known.astype(object).str.len() if kind == "string" else known
    return lengths.to_numpy(dtype=np.float64)


def _count_bins(values: np.ndarray, starts: list[float]) -> list[int]:
    if not starts:
        return []
    bins = np.maximum(np.searchsorted(starts, values, side="right") - 1, 0)
    counts: list[int] = np.bincount(bins, minlength=len(starts)).tolist()
    return counts


def _count_out_of_range(values: np.ndarray, column: Column) -> int:
    if column.kind == "boolean" or column.minimum is None or column.maximum is None:
        return 0
    low, high = (_convert_bound(bound, column.kind) for bound in (column.minimum, column.maximum))
    return int(((values < low) | (values > high)).sum())


def _convert_bound(bound: float | str, kind: Kind) -> float:
    if kind == "datetime":
        return int(np.datetime64(str(bound), "us").astype(np.int64)) / 1e6
    return float(bound)
