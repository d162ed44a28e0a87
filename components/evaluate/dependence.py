"""Partial dependence of the predictions on raw columns (Friedman, Annals of Statistics 29, 2001).

A column gets one value in all rows of a sample, and the predictions are averaged: their change from value to
value is the direction of the column's effect. Values that do not occur together with the others are averaged
as well, so columns that go together share an effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components._compiled.columns import ColumnarRecipe
from components._model.package import Package
from components._recipe.model_input import to_columns
from components._report.formats import format_significant
from components.evaluate.evaluation import Dependence
from components.evaluate.importance import take_rows

_MOST_COLUMNS = 6
_MOST_VALUES = 10
_MOST_ROWS = 300


def compute_dependences(
    package: Package, rows: pd.DataFrame, columns: Sequence[str], rng: np.random.Generator
) -> tuple[Dependence, ...]:
    """Return how the predictions depend on the first columns that the recipe uses.

    Parameters
    ----------
    package : Package
        The model.
    rows : DataFrame of shape (n_rows, n_columns)
        Raw test rows, of which 300 are drawn.
    columns : sequence of str
        Columns, the most important first.
    rng : Generator
        Draws the rows.
    """
    known = rows[list(package.signature.columns)]
    sample = known.iloc[np.sort(rng.permutation(len(known))[:_MOST_ROWS])].reset_index(drop=True)
    recipe = ColumnarRecipe({name: step.export() for name, step in package.pipeline.steps[:-1]})
    values = to_columns(sample, package.signature.columns)
    features = np.asarray(package.pipeline[:-1].transform(sample))
    found = []
    for column in columns[:_MOST_COLUMNS]:
        positions = recipe.list_positions(column)
        grid = _choose_values(known[column], sample[column])
        if not positions or len(grid.rows) < 2:
            continue
        # Every value in turn, in all rows of the sample.
        n_values, n_rows = len(grid.rows), len(sample)
        every = np.tile(np.arange(n_rows), n_values)
        repeated = {name: take_rows(of, every) for name, of in values.items()}
        repeated[column] = take_rows(values[column], np.repeat(grid.rows, n_rows))
        matrix = np.tile(features, (n_values, 1))
        matrix[:, positions] = recipe.transform_part(repeated, positions)
        predicted = package.predict_features(matrix).reshape(n_values, n_rows, -1).mean(axis=1)
        found.append(
            Dependence(
                column, grid.values, grid.places, grid.is_time, grid.shares, _name_outputs(package, predicted)
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Grid:
    """Values to try, by rows of the sample that have them."""

    rows: np.ndarray
    values: tuple[str, ...]
    places: tuple[float, ...]
    is_time: bool
    shares: tuple[float, ...]


def _choose_values(column: pd.Series, sample: pd.Series) -> _Grid:
    """Return values of the sample: of numbers and dates those at quantiles, of others the most frequent."""
    is_time = pd.api.types.is_datetime64_any_dtype(column)
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_time or is_number:
        return _choose_numbers(_to_numbers(column), _to_numbers(sample), is_time=is_time)
    texts, every = (part.astype(str).where(part.notna(), "(null)") for part in (sample, column))
    frequent = [str(text) for text in texts.value_counts().index[:_MOST_VALUES]]
    counts = every.value_counts(normalize=True)
    rows = np.array([int(np.flatnonzero(texts == text)[0]) for text in frequent], dtype=np.int64)
    return _Grid(rows, tuple(frequent), (), False, tuple(float(counts[text]) for text in frequent))


def _choose_numbers(every: np.ndarray, sample: np.ndarray, *, is_time: bool) -> _Grid:
    order = np.argsort(sample, kind="stable")[: int(np.isfinite(sample).sum())]
    if not order.size:
        return _Grid(order, (), (), is_time, ())
    quantiles = np.linspace(0.05, 0.95, _MOST_VALUES)
    picked = order[np.round(quantiles * (len(order) - 1)).astype(np.int64)]
    places, first = np.unique(sample[picked], return_index=True)
    known = every[np.isfinite(every)]
    nearest = np.searchsorted((places[1:] + places[:-1]) / 2, known)
    shares = np.bincount(nearest, minlength=len(places)) / len(every)
    texts = [
        str(pd.Timestamp(place, unit="s").date()) if is_time else format_significant(place)
        for place in places.tolist()
    ]
    return _Grid(picked[first], tuple(texts), tuple(places.tolist()), is_time, tuple(shares.tolist()))


def _to_numbers(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = (pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return column.to_numpy(np.float64, na_value=np.nan)


def _name_outputs(package: Package, predicted: np.ndarray) -> dict[str, tuple[float, ...]]:
    """Return the outputs to show: the positive class, each class, or the value."""
    names = [str(name) for name in package.signature.classes]
    if package.signature.task == "binary":
        return {names[1]: tuple(predicted[:, 1].tolist())}
    if package.signature.task == "regression":
        return {"": tuple(predicted[:, 0].tolist())}
    return {name: tuple(of.tolist()) for name, of in zip(names, predicted.T, strict=True)}
