"""A quick linear model of columns of numbers, which shows what their shape costs: trees do not see it."""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from components._problem.task import TaskKind
from components._table.time_folds import Split
from components.eda.values import LARGEST

_PENALTY = 1.0
_MOST_ITERATIONS = 100


def predict_linearly(
    columns: np.ndarray, y: np.ndarray, kind: TaskKind, splits: Sequence[Split], weights: np.ndarray
) -> np.ndarray:
    """Return the predictions for the scored rows, fold by fold.

    Columns are standardised by the rows to fit on. Nulls become the mean, with a column that marks them.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_columns)
        Numbers, NaN for null.
    y : ndarray of shape (n_rows,)
        Encoded target.
    kind : {"binary", "multiclass", "regression"}
        The task: logistic regression for classes, else ridge regression.
    splits : sequence of (fit_rows, score_rows)
        The folds; classes are all among the rows to fit on.
    weights : ndarray of shape (n_rows,)
        How much each row counts.

    Returns
    -------
    ndarray of shape (n_scored,) or (n_scored, n_classes)
        Probabilities of the positive class or of each class, or values.
    """
    columns = np.clip(columns, -LARGEST, LARGEST)
    is_null = np.isnan(columns)
    marks = is_null[:, is_null.any(axis=0)]
    predicted = []
    for fit, score in splits:
        known = np.where(is_null[fit], 0, columns[fit])
        counts = np.maximum((~is_null[fit]).sum(axis=0), 1)
        means = known.sum(axis=0) / counts
        centred = np.where(is_null, 0, columns - means)
        spreads = np.sqrt((centred[fit] ** 2).sum(axis=0) / counts)
        standard = centred / np.where(spreads > 0, spreads, 1)
        features = np.hstack([standard, marks])
        predicted.append(_predict(features, y, kind, fit, score, weights))
    return np.concatenate(predicted)


def _predict(
    features: np.ndarray, y: np.ndarray, kind: TaskKind, fit: np.ndarray, score: np.ndarray, w: np.ndarray
) -> np.ndarray:
    if kind != "regression":
        model = LogisticRegression(C=1 / _PENALTY, max_iter=_MOST_ITERATIONS)
        with warnings.catch_warnings():
            # It is compared with a model of as many iterations.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[fit], y[fit], w[fit])
        probabilities = model.predict_proba(features[score])
        return np.asarray(probabilities[:, 1] if kind == "binary" else probabilities)
    mean = np.average(y[fit], weights=w[fit])
    weighted = features[fit] * w[fit][:, None]
    square = weighted.T @ features[fit] + _PENALTY * np.eye(features.shape[1])
    slopes = np.linalg.solve(square, weighted.T @ (y[fit] - mean))
    return np.asarray(mean + features[score] @ slopes)
