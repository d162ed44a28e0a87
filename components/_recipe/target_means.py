"""Mean targets of categories: cross-fitted over random folds, or of earlier rows."""

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from components._problem.task import TaskKind

_FOLDS = 5


class CrossFit(NamedTuple):
    """Mean targets for later rows and for the training rows.

    Attributes
    ----------
    means : ndarray of shape (n_categories, n_outputs)
        Shrunken mean target of each category.
    of_rows : ndarray of shape (n_rows, n_outputs)
        The mean that each row's category has in the other folds.
    """

    means: np.ndarray
    of_rows: np.ndarray


def cross_fit_means(
    codes: np.ndarray, y: np.ndarray, n_categories: int, kind: TaskKind, seed: int
) -> CrossFit:
    """Learn mean targets from rows whose order means nothing, see scikit-learn's ``TargetEncoder``.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Category of each row.
    y : ndarray of shape (n_rows,)
        Encoded target.
    n_categories : int
        Number of categories.
    kind : {"binary", "multiclass", "regression"}
        The task.
    seed : int
        Seed of the folds.
    """
    if kind == "regression":
        folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    else:
        n_folds = max(2, min(_FOLDS, int(np.bincount(y).min())))
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    encoder = TargetEncoder(
        categories=[np.arange(n_categories)],
        target_type="continuous" if kind == "regression" else kind,
        cv=folds,
    )
    of_rows = encoder.fit_transform(codes.reshape(-1, 1), y)
    return CrossFit(np.column_stack(encoder.encodings_), of_rows)


def list_outputs(y: np.ndarray, kind: TaskKind) -> np.ndarray:
    """Return what is averaged, shape (n_rows, n_outputs): the target, or a column for each class."""
    if kind == "multiclass":
        return np.asarray(y[:, None] == np.arange(int(y.max()) + 1), dtype=np.float64)
    return y.astype(np.float64).reshape(-1, 1)


def remove_levels(outputs: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Return outputs without the mean of their block of time, shape (n_rows, n_outputs).

    A category that is frequent in summer would else have the mean target of summer.
    """
    counts = np.maximum(np.bincount(blocks), 1)
    levels = np.column_stack([np.bincount(blocks, of) / counts for of in outputs.T])
    return np.asarray(outputs - levels[blocks])


def compute_shrunken_means(codes: np.ndarray, outputs: np.ndarray, n_categories: int) -> np.ndarray:
    """Return the mean of each category, shrunken towards 0; shape (n_categories, n_outputs).

    How much follows from all categories: from the variance within them and between them, estimated by the
    analysis of variance (Searle, Casella and McCulloch, Variance Components, 1992, chapter 3). scikit-learn
    shrinks by the variance within the category itself, so that a category of a single row is not shrunken;
    at the beginning of the time, most categories have few rows.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Category of each row.
    outputs : ndarray of shape (n_rows, n_outputs)
        Values whose mean is 0.
    n_categories : int
        Number of categories, of which some may have no rows.
    """
    counts = np.bincount(codes, minlength=n_categories).astype(np.float64)[:, None]
    sums = np.column_stack([np.bincount(codes, of, n_categories) for of in outputs.T])
    n_rows, n_seen = len(codes), int((counts > 0).sum())
    explained = (sums**2 / np.maximum(counts, 1)).sum(axis=0)
    within = np.maximum((outputs**2).sum(axis=0) - explained, 0.0) / max(n_rows - n_seen, 1)
    # Number of rows of a category, if all had as many.
    mean_count = (n_rows - (counts**2).sum() / max(n_rows, 1)) / max(n_seen - 1, 1)
    between = np.maximum(explained / max(n_seen - 1, 1) - within, 0.0) / max(mean_count, 1.0)
    # The weight of a category's mean is counts / (counts + within / between).
    divisor = counts * between + within
    means: np.ndarray = np.divide(sums * between, divisor, out=np.zeros(sums.shape), where=divisor > 0)
    return means
