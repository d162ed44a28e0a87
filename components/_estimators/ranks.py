"""Ranks of features, mapped to a normal distribution."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from components._compiled.ranks import NormalScores

_QUANTILES = 200


class NormalRanks(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Map each feature to the normal distribution by its rank among the training rows.

    It is like scikit-learn's ``QuantileTransformer(output_distribution="normal")``, which takes 4 ms for a
    single row. A feature with few values, such as an indicator, keeps their number.

    Attributes
    ----------
    quantiles_ : ndarray of shape (n_features, n_quantiles)
        Each feature's quantiles in the training rows.
    """

    def fit(self, X: np.ndarray, y: object = None) -> "NormalRanks":
        """Learn the quantiles."""
        self.quantiles_ = np.quantile(X, np.linspace(0, 1, _QUANTILES), axis=0).T.copy()
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return float32 of the same shape."""
        return NormalScores(self.quantiles_)(X)
