"""The last step of a model: an estimator that speaks in labels."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from components._model.scores import decide
from components._problem.task import Label


class LabelledClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier of class codes, with the classes' labels and a decision threshold.

    Parameters
    ----------
    estimator : classifier
        Fitted on codes 0 to ``n_classes - 1``.
    labels : list of str, int or bool
        The class of each code.
    threshold : float or None
        Least probability of the second of two classes at which it is chosen; None for the likeliest.
    """

    def __init__(self, estimator: BaseEstimator, labels: list[Label], threshold: float | None = None) -> None:
        self.estimator = estimator
        self.labels = labels
        self.threshold = threshold

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of the probabilities' columns."""
        return np.array(self.labels)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: np.ndarray, y: np.ndarray) -> "LabelledClassifier":
        """Refuse: the estimator inside was fitted before.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("a LabelledClassifier wraps a classifier that is fitted already")

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return np.asarray(self.estimator.predict_proba(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the labels decided on, shape (n_rows,)."""
        return np.asarray(self.classes_[decide(self.predict_proba(X), self.threshold)])
