"""How much more often rows like a reference row occur in the windows than in the reference.

A classifier that tells the rows of the windows from those of the reference gives the ratio of the two
densities (Bickel, Brückner and Scheffer, Discriminative learning under covariate shift, JMLR 10, 2009). It is
cross-fitted, because a classifier tells apart the rows that it has learned, even if they are alike.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from components.monitor.rows import PredictedRows

_FOLDS = 3
_STEPS = 60
# More of a side does not make the ratio better, only slower.
_MOST_ROWS = 20_000
# A row that would count as more than this many is not supported by the reference.
_MOST_RATIO = 20.0
_MOST_CATEGORIES = 50


@dataclass(frozen=True)
class DensityRatio:
    """The ratio of the windows' density to the reference's.

    Attributes
    ----------
    weights : ndarray of shape (n_reference_rows,)
        The ratio at each reference row, times the row's own weight; of mean 1.
    effective_rows : float
        Reference rows that, all alike, would give means as exact as the weighted rows do (Kish 1965).
    outside_share : float
        Share of the windows' rows in a region where the reference has fewer than a twentieth as many.
    """

    weights: np.ndarray
    effective_rows: float
    outside_share: float


def count_effective_rows(weights: np.ndarray) -> float:
    """Return how many rows of equal weight are as good as rows with these weights."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def encode_columns(
    tables: tuple[PredictedRows, ...], columns: Collection[str]
) -> tuple[list[np.ndarray], list[int]]:
    """Return the columns and the outputs of tables as numbers that a tree can split.

    Dates are left out: they separate the windows from the reference by themselves. Their effect on the
    predictions is in the outputs.

    Parameters
    ----------
    tables : tuple of PredictedRows
        Tables with the same columns.
    columns : collection of str
        Those that matter.

    Returns
    -------
    matrices : list of ndarray of shape (n_rows, n_features)
        One for each table.
    categorical : list of int
        Which of the features are numbers of categories.
    """
    encoded: list[list[np.ndarray]] = [[] for _ in tables]
    categorical = []
    for name in tables[0].columns.columns:
        kind = tables[0].columns[name].dtype
        if name not in columns or pd.api.types.is_datetime64_any_dtype(kind):
            continue
        values = [table.columns[name] for table in tables]
        if not pd.api.types.is_numeric_dtype(kind):
            categorical.append(len(encoded[0]))
            values = _number_categories(values)
        for features, of_table in zip(encoded, values, strict=True):
            features.append(of_table.to_numpy(dtype=np.float64, na_value=np.nan))
    return [
        np.column_stack([*features, table.outputs]) for features, table in zip(encoded, tables, strict=True)
    ], categorical


def estimate_density_ratio(
    reference: PredictedRows, windows: PredictedRows, columns: Collection[str], seed: int
) -> DensityRatio:
    """Return the density ratio of the windows' rows to the reference's.

    Parameters
    ----------
    reference, windows : PredictedRows
        The rows to compare.
    columns : collection of str
        The columns on which the predictions depend; a change of others does not matter.
    seed : int
        Seed of folds and samples.
    """
    rng = np.random.default_rng(seed)
    if len(windows) > _MOST_ROWS:
        windows = windows.take(np.sort(rng.choice(len(windows), _MOST_ROWS, replace=False)))
    (old, new), categorical = encode_columns((reference, windows), columns)
    X = np.vstack([old, new])
    is_new = np.repeat([0.0, 1.0], [len(old), len(new)])
    # Both sides count alike, so that the odds are the ratio.
    weights = np.concatenate(
        [reference.weight / reference.weight.sum(), windows.weight / windows.weight.sum()]
    )
    weights *= len(X) / 2
    fold = rng.permutation(len(X)) % _FOLDS
    odds = np.empty(len(X))
    for number in range(_FOLDS):
        rest = fold != number
        trees = fit_trees(
            X[rest], is_new[rest], weights[rest], {"objective": "binary"}, _STEPS, categorical, seed
        )
        share = predict_rows(trees, X[~rest])
        odds[~rest] = share / (1 - share)
    ratio = np.minimum(odds[: len(old)], _MOST_RATIO) * reference.weight
    return DensityRatio(
        ratio / ratio.mean(),
        count_effective_rows(ratio),
        float(np.average(odds[len(old) :] > _MOST_RATIO, weights=windows.weight)),
    )


def fit_trees(
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    objective: dict[str, Any],
    steps: int,
    categorical: list[int],
    seed: int,
    base: np.ndarray | None = None,
) -> lgb.Booster:
    """Return few small trees, the same on every machine.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Features.
    y, weights : ndarrays of shape (n_rows,)
        Target, and how much each row counts.
    objective : dict
        LightGBM's objective and its options.
    steps : int
        Boosting steps.
    categorical : list of int
        The features that are numbers of categories.
    seed : int
        Seed of the fit.
    base : ndarray of shape (n_rows,) or (n_rows * n_classes,), or None
        Score of each row to which the trees add.
    """
    settings = {
        **objective,
        "num_leaves": 8,
        "learning_rate": 0.1,
        # A leaf of few rows would tell the noise apart.
        "min_data_in_leaf": max(20, len(X) // 200),
        "max_bin": 63,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(
        X, y, weight=weights, init_score=base, categorical_feature=categorical, params=settings
    )
    return lgb.train(settings, data, num_boost_round=steps)


def predict_rows(trees: lgb.Booster, X: np.ndarray, *, raw_score: bool = False) -> np.ndarray:
    """Return the trees' predictions, or their sums before the link."""
    return np.asarray(trees.predict(X, raw_score=raw_score, num_threads=1))


def _number_categories(columns: list[pd.Series]) -> list[pd.Series]:
    """Return the numbers of the frequent values of all columns; NaN for null, one number for all others."""
    texts = [column.astype(object) for column in columns]
    frequent = pd.concat(texts).value_counts().index[:_MOST_CATEGORIES]
    numbers = {value: float(number) for number, value in enumerate(frequent)}
    return [text.map(numbers).where(text.isin(frequent) | text.isna(), len(frequent)) for text in texts]
