"""The recipe's steps for whole columns, in numpy; ``recipe`` does the same for a row."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from components._compiled.dates import compute_date_part
from components._compiled.fields import CategoryField, DateField, Exported, NumberField, build_fields

_WIDEST = np.finfo(np.float32).max


class Strings(NamedTuple):
    """A column of strings: the distinct strings, and the position of each row's string.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        Position among the values; -1 for a null.
    values : sequence of str
        Distinct strings of the rows.
    """

    codes: np.ndarray
    values: Sequence[str]


# Numbers as float64, NaN or infinite for a null; dates as datetime64[us], NaT for a null; ``Strings``.
Columns = Mapping[str, Any]


class ColumnarRecipe:
    """Transforms columns exactly like the recipe that it was compiled from.

    ``exported`` holds the exports of the steps preprocess, engineer and select.
    """

    def __init__(self, exported: Exported) -> None:
        self._fields = build_fields(exported)
        self._n_features = len(exported["select"]["kept"])

    def transform(self, columns: Columns) -> np.ndarray:
        """Return the features of rows, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        columns : mapping of str to ndarray or Strings
            The recipe's raw columns, of one length.
        """
        first = next(iter(columns.values()))
        n_rows = len(first.codes if isinstance(first, Strings) else first)
        # A feature is contiguous in memory, because it is written at once.
        features = np.empty((self._n_features, n_rows), dtype=np.float32)
        # A number too large for float32 becomes infinite, and then the largest float32.
        with np.errstate(over="ignore"):
            for name, field in self._fields.items():
                column = columns[name]
                if isinstance(field, CategoryField):
                    _fill_category(features, field, column)
                elif isinstance(field, NumberField):
                    _fill_number(features, field, column)
                else:
                    _fill_date(features, field, column)
        return np.ascontiguousarray(features.T)


def _fill_number(features: np.ndarray, field: NumberField, column: np.ndarray) -> None:
    is_null = ~np.isfinite(column)
    if field.null_position is not None:
        features[field.null_position] = is_null
    if field.position is None:
        return
    clipped = column if field.low is None else np.clip(column, field.low, field.high)
    feature = features[field.position]
    feature[:] = (clipped - field.mean) / field.scale
    if field.low is None:
        np.clip(feature, -_WIDEST, _WIDEST, out=feature)
    feature[is_null] = field.if_null


def _fill_date(features: np.ndarray, field: DateField, column: np.ndarray) -> None:
    is_null = np.isnat(column)
    if field.null_position is not None:
        features[field.null_position] = is_null
    for part in field.parts:
        features[part.position] = (compute_date_part(column, part.name, field.first) - part.mean) / part.scale
        features[part.position, is_null] = part.if_null


def _fill_category(features: np.ndarray, field: CategoryField, column: Strings) -> None:
    if not field.positions:
        return
    # The code -1 finds the last line.
    by_code = [field.known.get(value, field.other) for value in column.values] + [field.known[None]]
    table = np.array(by_code, dtype=np.float32).T
    for position, values in zip(field.positions, table, strict=True):
        np.take(values, column.codes, out=features[position], mode="wrap")
