"""The quick model that judges features: few steps of gradient boosting, and the loss of each scored row."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import lightgbm as lgb
import numpy as np

from components._problem.spec import Problem

# A step of this rate times the number of steps is about the same whatever the number.
_LEARNING = 10.0
_STAGES = 5
LEAST_PROBABILITY = 1e-7


class FoldMatrices(Protocol):
    """Features of a fold: those of the rows to fit on, and those of the rows to score on."""

    @property
    def fit(self) -> np.ndarray:
        """Float32 of shape (n_fitted, n_features)."""
        ...

    @property
    def score(self) -> np.ndarray:
        """Float32 of shape (n_scored, n_features)."""
        ...


class JudgedRows(Protocol):
    """The rows of the folds: encoded target and weight of each row, and the positions in each fold."""

    @property
    def y(self) -> np.ndarray:
        """Encoded target, shape (n_rows,)."""
        ...

    @property
    def weights(self) -> np.ndarray:
        """How much each row counts, float64 of shape (n_rows,)."""
        ...

    @property
    def splits(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Positions to fit on and to score on, fold by fold."""
        ...

    @property
    def scored(self) -> np.ndarray:
        """Positions that are scored, fold by fold."""
        ...


class Outcome(NamedTuple):
    """What the quick model gives with some features.

    Attributes
    ----------
    losses : ndarray of shape (n_scored,)
        Loss of each scored row, fold by fold.
    gains : list of ndarray of shape (n_features,)
        Gain of each feature, for each fold.
    predictions : ndarray of shape (n_scored,) or (n_scored, n_classes)
        Prediction for each scored row: its value, the probability of the positive one of two classes, or that
        of each of several.
    """

    losses: np.ndarray
    gains: list[np.ndarray]
    predictions: np.ndarray


def name_loss(problem: Problem) -> str:
    """Return the name of the loss that the quick model makes small."""
    if problem.kind != "regression":
        return "log loss"
    return "absolute error" if _is_absolute(problem) else "squared error"


def judge_features(
    folds: Sequence[FoldMatrices],
    chosen: JudgedRows,
    problem: Problem,
    steps: int,
    categories: Sequence[int] = (),
) -> Outcome:
    """Fit a quick model on each fold, and return the losses of the scored rows.

    The models of all folds stop after the number of steps with the least loss, so that one that learns
    faster is not punished for what it overfits afterwards.

    Parameters
    ----------
    folds : sequence of FoldMatrices
        The features to judge.
    chosen : JudgedRows
        The rows of the folds.
    problem : Problem
        The resolved problem.
    steps : int
        Boosting steps of each fit.
    categories : sequence of int
        Places of the features that are codes of categories.
    """
    stages = [max(steps * (i + 1) // _STAGES, 1) for i in range(_STAGES)]
    losses, gains, predictions = [], [], []
    for fold, (fit_rows, score_rows) in zip(folds, chosen.splits, strict=True):
        settings = _make_settings(problem, steps)
        # LightGBM is faster without weights than with equal ones.
        weights = chosen.weights[fit_rows] if problem.weight is not None else None
        data = lgb.Dataset(
            fold.fit,
            chosen.y[fit_rows],
            weight=weights,
            params=settings,
            categorical_feature=list(categories),
        )
        trees = lgb.train(settings, data, num_boost_round=steps)
        predicted = [np.asarray(trees.predict(fold.score, num_iteration=n, num_threads=1)) for n in stages]
        y = chosen.y[score_rows]
        losses.append([_compute_losses(problem, y, values) for values in predicted])
        predictions.append(predicted)
        gains.append(trees.feature_importance("gain"))
    of_stages = np.hstack(losses)
    means = np.average(of_stages, axis=1, weights=chosen.weights[chosen.scored])
    best = int(np.argmin(means))
    return Outcome(of_stages[best], gains, np.concatenate([predicted[best] for predicted in predictions]))


def _is_absolute(problem: Problem) -> bool:
    return "absolute" in problem.metric


def _make_settings(problem: Problem, steps: int) -> dict[str, object]:
    settings: dict[str, object] = {
        "objective": problem.kind,
        "num_leaves": 15,
        "learning_rate": min(0.3, _LEARNING / steps),
        # Coarse bins compare features as well, in half the time.
        "max_bin": 63,
        "bin_construct_sample_cnt": 5_000,
        "seed": 0,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if problem.kind == "multiclass":
        settings["num_class"] = len(problem.classes)
    elif problem.kind == "regression" and _is_absolute(problem):
        settings["objective"] = "regression_l1"
    return settings


def _compute_losses(problem: Problem, y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the loss of each row."""
    if problem.kind == "regression":
        losses = np.asarray(np.abs(predicted - y))
        return losses if _is_absolute(problem) else losses**2
    if problem.kind == "multiclass":
        right = predicted[np.arange(len(y)), y]
    else:
        right = np.where(y == 1, predicted, 1 - predicted)
    return np.asarray(-np.log(np.maximum(right, LEAST_PROBABILITY)))
