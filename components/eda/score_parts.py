"""What each row adds to a score, by which two models on the same rows are compared.

A score is the mean of the parts. So the difference of two scores is the mean of the rows' differences, and
its interval follows from their spread.
"""

import numpy as np

from components._problem.task import TaskKind
from components._quick_model.trees import LEAST_PROBABILITY


def compute_score_parts(
    kind: TaskKind, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return each row's part of the default metric of a task, of which the score is the weighted mean.

    For the area under the ROC curve these are its placement values (DeLong, DeLong and Clarke-Pearson,
    Biometrics 44(3), 1988); for the root of the mean squared error those of its linearisation.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task: ROC AUC, log loss or RMSE.
    y : ndarray of shape (n_rows,)
        Encoded target; of a binary task with both classes.
    predicted : ndarray of shape (n_rows,) or (n_rows, n_classes)
        Probabilities of the positive class or of each class, or the values of a regression.
    weights : ndarray of shape (n_rows,)
        How much each row counts.

    Returns
    -------
    ndarray of shape (n_rows,)
        In the metric's own unit, in which errors are positive.
    """
    if kind == "binary":
        return _compute_area_parts(y == 1, predicted, weights)
    if kind == "multiclass":
        return np.asarray(-np.log(np.maximum(predicted[np.arange(len(y)), y], LEAST_PROBABILITY)))
    squares = (predicted - y) ** 2
    root = np.sqrt(np.average(squares, weights=weights))
    return np.asarray(root + (squares - root**2) / (2 * root) if root > 0 else np.zeros(len(y)))


def _compute_area_parts(is_positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    ranks = np.unique(scores, return_inverse=True)[1]
    of_positive, of_negative = (
        np.bincount(ranks, weights * chosen, ranks.max() + 1) for chosen in (is_positive, ~is_positive)
    )
    # The share of the other class below a score, half of those equal to it.
    below = np.cumsum(of_negative) - of_negative / 2
    above = of_positive.sum() - np.cumsum(of_positive) + of_positive / 2
    placements = np.where(is_positive, below[ranks] / of_negative.sum(), above[ranks] / of_positive.sum())
    area = np.average(placements[is_positive], weights=weights[is_positive])
    shares = np.where(is_positive, of_positive.sum(), of_negative.sum()) / weights.sum()
    return np.asarray(area + (placements - area) / shares)
