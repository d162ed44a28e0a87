"""Scores of given predictions, by scikit-learn's scorers."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer

from components._compiled.threshold import is_positive
from components._problem.metrics import VALUE, find_scorer, name_metric
from components._problem.spec import OutcomeValue, Problem

# Criteria for a decision threshold, besides the problem's metric.
WORTH = "the worth of the outcomes"
F1 = "F1"
# Scorers of probabilities, by the beginning of their names. All others compare predictions with ``predict``.
_OF_PROBABILITIES = (
    "average_precision",
    "d2_brier_score",
    "d2_log_loss_score",
    "neg_brier_score",
    "neg_log_loss",
    "roc_auc",
    "top_k_accuracy",
)

# With one label per row all of these are the share of right decisions.
_MICRO = frozenset({"accuracy", "f1_micro", "precision_micro", "recall_micro"})


class _FixedPredictions(BaseEstimator):  # type: ignore[misc]
    """A fitted estimator that returns given predictions for any rows."""

    def __init__(self, predictions: np.ndarray, threshold: float | None = None) -> None:
        self.predictions = predictions
        self.threshold = threshold

    def __sklearn_is_fitted__(self) -> bool:
        return True


class _FixedRegressor(RegressorMixin, _FixedPredictions):  # type: ignore[misc]
    def predict(self, X: object) -> np.ndarray:
        return self.predictions


class _FixedClassifier(ClassifierMixin, _FixedPredictions):  # type: ignore[misc]
    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.predictions.shape[1])

    def predict_proba(self, X: object) -> np.ndarray:
        return normalise_probabilities(self.predictions)

    def predict(self, X: object) -> np.ndarray:
        return decide(self.predictions, self.threshold)


def normalise_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities as float64 that add up to 1, shape (n_rows, n_classes).

    The sums of float32 probabilities differ from 1 by more than log loss accepts. float64 ones do not
    change: division by sums that differ in the last bit would rank equal probabilities.
    """
    if probabilities.dtype == np.float64:
        return probabilities
    table = probabilities.astype(np.float64)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def decide(probabilities: np.ndarray, threshold: float | None) -> np.ndarray:
    """Return the predicted class codes.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
        Predicted probabilities.
    threshold : float or None
        Least probability of the second of two classes at which it is predicted; None for the likeliest class.
    """
    if threshold is not None:
        return np.asarray(is_positive(probabilities[:, 1], threshold), dtype=np.int64)
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def compute_score(
    scorer: str,
    y: np.ndarray,
    predictions: np.ndarray,
    problem: Problem,
    threshold: float | None = None,
    weights: np.ndarray | None = None,
) -> float:
    """Return the score of predictions; larger is better.

    Parameters
    ----------
    scorer : str
        Name of a scorer of scikit-learn, or ``value``.
    y : ndarray of shape (n_rows,)
        Encoded target.
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    problem : Problem
        The resolved problem.
    threshold : float or None
        Decision threshold. None means the likeliest class; for ``value`` the threshold that is best on
        these rows, so that each model is judged at its best.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts, of mean 1; the largest error does not depend on it.
    """
    if scorer == VALUE:
        worth = problem.value
        assert worth is not None  # Problem requires it for this metric
        if threshold is None:
            return float(compute_value_curve(y, predictions[:, 1], worth, weights)[1].max())
        return compute_mean_value(y, decide(predictions, threshold), worth, weights)
    if problem.kind != "regression":
        # The same as scikit-learn's score, without its checks, which take most of the time.
        probabilities = normalise_probabilities(predictions)
        gains = compute_gain_per_row(scorer, y, probabilities, decide(probabilities, threshold), problem)
        if gains is not None:
            return float(np.average(gains, weights=weights))
    fixed: _FixedPredictions
    if problem.kind == "regression":
        fixed = _FixedRegressor(predictions)
    else:
        fixed = _FixedClassifier(predictions, threshold)
    weighing = {} if weights is None or scorer == "neg_max_error" else {"sample_weight": weights}
    return float(get_scorer(scorer)(fixed, np.empty((len(y), 0)), y, **weighing))


def resolve_scorer(metric: str, problem: Problem) -> str:
    """Return the scorer that a metric of a resolved problem means."""
    if metric == VALUE:
        return VALUE
    scorer = find_scorer(metric, problem.kind)
    assert scorer is not None  # a resolved problem names a metric of its task
    return scorer


def judges_decisions(scorer: str) -> bool:
    """Return whether a scorer compares predicted classes, not probabilities."""
    return not scorer.startswith(_OF_PROBABILITIES)


def choose_threshold_criterion(problem: Problem) -> str:
    """Return the criterion for the decision threshold of a binary problem.

    It is the worth of the outcomes if the problem states it; else the problem's metric if it judges
    decisions; else F1 (van Rijsbergen, Information Retrieval, 1979), which suits rare and frequent positive
    classes.
    """
    if problem.value is not None:
        return WORTH
    return name_metric(problem.metric) if judges_decisions(problem.metric) else F1


def compute_mean_value(
    y: np.ndarray, decisions: np.ndarray, worth: OutcomeValue, weights: np.ndarray | None = None
) -> float:
    """Return the mean worth per row of binary decisions, in the unit of ``worth``."""
    return float(np.average(get_worth_per_row(y, decisions, worth), weights=weights))


def compute_gain_per_row(
    scorer: str, y: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray, problem: Problem
) -> np.ndarray | None:
    """Return each row's contribution to a metric that is a mean over rows; None for other metrics.

    Parameters
    ----------
    scorer : str
        Name of a scorer of scikit-learn, or ``value``.
    y : ndarray of shape (n_rows,)
        Encoded target.
    probabilities : ndarray of float64, shape (n_rows, n_classes)
        Predicted probabilities.
    decisions : ndarray of shape (n_rows,)
        Predicted classes.
    problem : Problem
        The resolved problem.
    """
    if scorer == VALUE:
        assert problem.value is not None  # Problem requires it for this metric
        return get_worth_per_row(y, decisions, problem.value)
    if scorer in _MICRO:
        return np.asarray(decisions == y, dtype=np.float64)
    if scorer == "neg_log_loss":
        least = np.finfo(np.float64).eps
        return np.asarray(np.log(np.clip(probabilities[np.arange(len(y)), y], least, 1 - least)))
    if scorer == "neg_brier_score":
        squares = (probabilities - np.eye(probabilities.shape[1])[y]) ** 2
        # scikit-learn halves the sum over the classes only for a binary task.
        return np.asarray(-squares.sum(axis=1) / (2 if problem.kind == "binary" else 1))
    return None


def get_worth_per_row(y: np.ndarray, decisions: np.ndarray, worth: OutcomeValue) -> np.ndarray:
    """Return the worth of each row's outcome, shape (n_rows,)."""
    return np.asarray(np.array([[worth.tn, worth.fp], [worth.fn, worth.tp]])[y, decisions])


def compute_value_curve(
    y: np.ndarray, positive: np.ndarray, worth: OutcomeValue, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean worth per row at every threshold that changes a decision.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes 0 and 1.
    positive : ndarray of shape (n_rows,)
        Probability of class 1.
    worth : OutcomeValue
        Worth of each outcome.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.

    Returns
    -------
    thresholds, values : ndarrays of shape (n_thresholds,)
        Thresholds from high to low; the first is above every probability.
    """
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    counts = np.ones(len(y), dtype=np.int64) if weights is None else weights[order]
    tp = np.concatenate([[0], np.cumsum(y[order] * counts)])
    fp = np.concatenate([[0], np.cumsum((1 - y[order]) * counts)])
    # Rows with equal probability get the same decision, so a step ends with the last of them.
    ends = np.concatenate([[True], np.append(ranked[1:] != ranked[:-1], True)])
    n_positive, n_negative = tp[-1], fp[-1]
    totals = tp * worth.tp + fp * worth.fp + (n_positive - tp) * worth.fn + (n_negative - fp) * worth.tn
    thresholds = np.concatenate([[np.nextafter(ranked[0], np.inf)], ranked])
    return thresholds[ends], totals[ends] / counts.sum()
