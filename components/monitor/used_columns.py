"""Which columns the predictions depend on."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from components.monitor.rows import PredictedRows

# From the model's columns to its outputs, of shape (n_rows, n_outputs).
Predict = Callable[[pd.DataFrame], np.ndarray]

_ROWS = 1_000
_NEW_TEXT = "a value that no row has"


def find_used_columns(predict: Predict, reference: PredictedRows, seed: int) -> frozenset[str]:
    """Return the columns of which a change changes an output.

    Each column in turn is shuffled among rows of the reference, set to null, and set to values that no row
    has.

    Parameters
    ----------
    predict : callable
        The model.
    reference : PredictedRows
        Rows to change.
    seed : int
        Seed of the sample and of the shuffles.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(reference), min(_ROWS, len(reference)), replace=False)
    table = reference.columns.iloc[chosen].reset_index(drop=True)
    outputs = predict(table)
    return frozenset(
        str(name)
        for name in table.columns
        if any(
            not np.array_equal(predict(table.assign(**{str(name): column})), outputs, equal_nan=True)
            for column in _iterate_changes(table[name], reference.columns[name], rng)
        )
    )


def _iterate_changes(column: pd.Series, whole: pd.Series, rng: np.random.Generator) -> Iterator[pd.Series]:
    plain = to_plain(column)
    yield plain.iloc[rng.permutation(len(plain))].reset_index(drop=True)
    yield make_null(plain)
    if pd.api.types.is_numeric_dtype(plain.dtype) or pd.api.types.is_datetime64_any_dtype(plain.dtype):
        least, most = whole.min(), whole.max()
        if not pd.isna(most):
            for beyond in (most + (most - least), least - (most - least)):
                yield pd.Series(beyond, plain.index).astype(plain.dtype)
    else:
        yield pd.Series(_NEW_TEXT, plain.index, dtype=object)


def to_plain(column: pd.Series) -> pd.Series:
    """Return a column that can hold any value of its kind: categories become strings."""
    return column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column


def make_null(column: pd.Series) -> pd.Series:
    """Return a column of nulls of the same kind."""
    return pd.Series(None, column.index, dtype=column.dtype)
