"""Predictions of any family's estimator, without scikit-learn's checks, which are slow for single rows."""

from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.pipeline import Pipeline

from components._compiled.predictions import to_probabilities
from components._estimators.compact_forest import CompactForest
from components._metrics.scores import normalise_probabilities
from components._problem.task import TaskKind

# From this many rows on, threads are faster.
_MANY_ROWS = 1_000


def predict(estimator: Any, matrix: np.ndarray, kind: TaskKind) -> np.ndarray:
    """Return probabilities, shape (n_rows, n_classes), or the values of a regression, shape (n_rows,).

    ``estimator`` was fitted by a family, on class codes if it classifies; ``matrix`` holds the recipe's
    features as float32, shape (n_rows, n_features).
    """
    if isinstance(estimator, lgb.LGBMModel):
        # 0: as many threads as OpenMP may use.
        threads = 1 if len(matrix) < _MANY_ROWS else 0
        raw = np.asarray(estimator.booster_.predict(matrix, num_threads=threads))
        return raw if kind == "regression" else to_probabilities(raw.reshape(len(raw), -1))
    if isinstance(estimator, CompactForest):
        return estimator.predict(matrix) if kind == "regression" else estimator.predict_proba(matrix)
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            matrix = step.transform(matrix)
        return predict(estimator.steps[-1][1], matrix, kind)
    if kind == "regression":
        return np.asarray(estimator.predict(matrix), dtype=np.float64)
    return normalise_probabilities(np.asarray(estimator.predict_proba(matrix)))
