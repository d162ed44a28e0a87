"""The last step of a classification model: it predicts labels."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from components._estimators.prefit_estimator import PrefitEstimator
from components._metrics.scores import decide
from components._problem.task import Label


class LabelledClassifier(ClassifierMixin, PrefitEstimator):  # type: ignore[misc]
    """A fitted classifier of class codes, with the classes' labels and a decision threshold.

    Parameters
    ----------
    estimator : classifier
        Fitted on codes 0 to ``n_classes - 1``.
    labels : list of str, int or bool
        The class of each code.
    threshold : float or None
        Least probability of the second of two classes at which it is predicted; None for the likeliest class.
    """

    def __init__(self, estimator: BaseEstimator, labels: list[Label], threshold: float | None = None) -> None:
        self.estimator = estimator
        self.labels = labels
        self.threshold = threshold

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of the probabilities' columns."""
        return np.array(self.labels)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return np.asarray(self.estimator.predict_proba(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted labels, shape (n_rows,)."""
        return np.asarray(self.classes_[decide(self.predict_proba(X), self.threshold)])
