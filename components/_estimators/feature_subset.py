"""The features that an estimator gets, for columns that the recipe encodes in two ways."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from components._estimators.family import Facts, Parameters, Trial

_BOTH = "both"


class FeatureSubset(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that keeps some features.

    Parameters
    ----------
    columns : ndarray of int
        Their positions.
    """

    def __init__(self, columns: np.ndarray) -> None:
        self.columns = columns

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: np.ndarray, y: object = None) -> "FeatureSubset":
        """Do nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the kept features, shape (n_rows, n_columns)."""
        return X[:, self.columns]


def suggest_encoding(trial: Trial, facts: Facts) -> Parameters:
    """Suggest an encoding for the columns that have two; nothing if no column has."""
    if not facts.has_alternatives:
        return {}
    return {"encoding": trial.suggest_categorical("encoding", [_BOTH, "one-hot", "target"])}


def find_columns(encoding: str | None, alternatives: Sequence[str]) -> np.ndarray | None:
    """Return the positions of the features that an encoding keeps; None if it keeps all.

    ``encoding`` is "one-hot", "target" or "both" (as is None); ``alternatives`` is "one-hot", "target" or ""
    for each feature.
    """
    if encoding in (None, _BOTH):
        return None
    columns = np.flatnonzero([way in ("", encoding) for way in alternatives])
    return columns if 0 < len(columns) < len(alternatives) else None
