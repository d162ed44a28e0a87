"""Generated rows of which the true performance is known, before and after a shift of the columns."""

from collections.abc import Callable
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from components.monitor.rows import PredictedRows

_CATEGORIES = 8
# Few enough trees and steps for a benchmark, and enough to overfit as real models do.
_TREES = 60

BINARY_MODELS: dict[str, BaseEstimator] = {
    "boosting": lgb.LGBMClassifier(n_estimators=_TREES, num_leaves=15, n_jobs=1, verbosity=-1),
    "overfitted boosting": lgb.LGBMClassifier(n_estimators=300, num_leaves=31, n_jobs=1, verbosity=-1),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(_TREES, min_samples_leaf=3, random_state=0, n_jobs=1),
}
REGRESSION_MODELS: dict[str, BaseEstimator] = {
    "boosting": lgb.LGBMRegressor(n_estimators=_TREES, num_leaves=15, n_jobs=1, verbosity=-1),
    "linear regression": LinearRegression(),
    "forest": RandomForestRegressor(_TREES, min_samples_leaf=3, random_state=0, n_jobs=1),
}


class Shift(NamedTuple):
    """A change of the columns, the relation between columns and target being the same.

    Attributes
    ----------
    mean : float
        By how much the mean of the first three columns moves, in standard deviations.
    scale : float
        Factor of the spread of all columns.
    category : float
        Odds of each category relative to the one before it; 1 for equal shares.
    """

    mean: float = 0.0
    scale: float = 1.0
    category: float = 1.0


SHIFTS = {
    "none": Shift(),
    "means 0.5 sd up": Shift(mean=0.5),
    "means 1 sd up": Shift(mean=1.0),
    "means 0.7 sd down": Shift(mean=-0.7),
    "spread 0.6": Shift(scale=0.6),
    "spread 1.3": Shift(scale=1.3),
    "other categories": Shift(category=1.8),
    "all three": Shift(mean=0.5, scale=0.8, category=1.4),
}


def draw_columns(n_rows: int, shift: Shift, rng: np.random.Generator) -> pd.DataFrame:
    """Return five numbers, of which the first three correlate, and a category as a number."""
    common = rng.normal(size=n_rows)
    numbers = rng.normal(size=(n_rows, 5))
    numbers[:, :3] = np.sqrt(0.6) * numbers[:, :3] + np.sqrt(0.4) * common[:, None]
    numbers = numbers * shift.scale + shift.mean * np.array([1, 1, 1, 0, 0])
    shares = shift.category ** np.arange(_CATEGORIES)
    table = pd.DataFrame(numbers, columns=list("abcde"))
    table["k"] = rng.choice(_CATEGORIES, n_rows, p=shares / shares.sum()).astype(float)
    return table


def compute_signal(table: pd.DataFrame) -> np.ndarray:
    """Return what the columns say about the target."""
    effect = np.array([-1.0, -0.4, 0.2, 0.6, 1.0, -0.8, 0.0, 0.5])[table["k"].to_numpy(dtype=int)]
    a, b, c, d = (table[name].to_numpy() for name in "abcd")
    return np.asarray(1.2 * a + 0.8 * a * b - 0.6 * np.abs(c) + 0.7 * np.sin(2 * d) + effect - 0.6)


def compute_chance(table: pd.DataFrame) -> np.ndarray:
    """Return the probability of the second class; it is nearer to a half where column e is large."""
    return np.asarray(expit(compute_signal(table) * (1.6 - expit(2 * table["e"].to_numpy()))))


def draw_truth(table: pd.DataFrame, is_class: bool, rng: np.random.Generator) -> np.ndarray:
    """Return classes, or values whose noise depends on columns a and e."""
    if is_class:
        return np.asarray(rng.random(len(table)) < compute_chance(table), dtype=float)
    spread = 0.4 + expit(table["e"] + table["a"]).to_numpy()
    return np.asarray(compute_signal(table) + spread * rng.normal(size=len(table)))


class ModelInUse(NamedTuple):
    """A fitted model with its reference rows.

    Attributes
    ----------
    reference : PredictedRows
        Training rows with out-of-fold outputs and truth.
    predict : callable
        From columns to outputs.
    """

    reference: PredictedRows
    predict: Callable[[pd.DataFrame], np.ndarray]


def fit_model(model: BaseEstimator, n_rows: int, rng: np.random.Generator) -> ModelInUse:
    """Return a model that was fitted on rows without a shift."""
    table = draw_columns(n_rows, Shift(), rng)
    is_class = hasattr(model, "predict_proba")
    truth = draw_truth(table, is_class, rng)
    method = "predict_proba" if is_class else "predict"
    outputs = cross_val_predict(clone(model), table, truth, cv=5, method=method)
    fitted = clone(model).fit(table, truth)

    def predict(rows: pd.DataFrame) -> np.ndarray:
        return _extract_outputs(getattr(fitted, method)(rows))

    return ModelInUse(build_rows(table, _extract_outputs(outputs), truth), predict)


def build_rows(table: pd.DataFrame, outputs: np.ndarray, truth: np.ndarray) -> PredictedRows:
    """Return rows of weight 1, one each minute."""
    start = np.datetime64("2026-01-01", "us")
    time = start + np.arange(len(table)) * np.timedelta64(1, "m")
    return PredictedRows(table, outputs, np.ones(len(table)), time, truth)


def _extract_outputs(predicted: np.ndarray) -> np.ndarray:
    return np.asarray(predicted[:, 1:] if predicted.ndim == 2 else predicted[:, None])
