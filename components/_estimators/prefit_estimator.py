"""The base of estimators that are made of fitted parts."""

from typing import Any

from sklearn.base import BaseEstimator


class PrefitEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator that is fitted when it is made."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any = None) -> "PrefitEstimator":
        """Raise NotImplementedError: the parts are fitted before."""
        raise NotImplementedError(f"{type(self).__name__} is made of fitted parts; it cannot be fitted again")
