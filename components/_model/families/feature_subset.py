"""Which of a column's encodings an estimator sees, where the recipe has made two."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from components._model.families.family import Facts, Parameters, Trial

_BOTH = "both"


class FeatureSubset(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Some of the features.

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
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return these features, shape (n_rows, n_columns)."""
        return X[:, self.columns]


def suggest_encoding(trial: Trial, facts: Facts) -> Parameters:
    """Suggest by which encodings to see the columns that have two."""
    if not facts.has_alternatives:
        return {}
    return {"encoding": trial.suggest_categorical("encoding", [_BOTH, "one-hot", "target"])}


def find_columns(encoding: str | None, alternatives: Sequence[str]) -> np.ndarray | None:
    """Return the positions of the features that an encoding leaves; None if it leaves all.

    Parameters
    ----------
    encoding : str or None
        "one-hot", "target", or "both", as None is too.
    alternatives : sequence of str
        For each feature "one-hot", "target" or "".
    """
    if encoding in (None, _BOTH):
        return None
    columns = np.flatnonzero([way in ("", encoding) for way in alternatives])
    return columns if 0 < len(columns) < len(alternatives) else None
