"""The families of estimators that a sweep searches, each with its search space and its default."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import lightgbm as lgb
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge

from components._problem.task import TaskKind

Parameters = dict[str, Any]


class Trial(Protocol):
    """What a search space asks of a trial of Optuna, which is not needed to build an estimator."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Suggest a number."""
        ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Suggest a whole number."""
        ...


class Family(NamedTuple):
    """A family of estimators.

    Attributes
    ----------
    title : str
        Name that people read.
    default : dict
        Parameters that do well on most tables, tried first.
    suggest : callable
        Search space: a trial to parameters.
    build : callable
        ``(kind, parameters, seed, threads)`` to an unfitted estimator.
    """

    title: str
    default: Parameters
    suggest: Callable[[Trial], Parameters]
    build: Callable[[TaskKind, Parameters, int, int], BaseEstimator]


def _suggest_linear(trial: Trial) -> Parameters:
    return {"strength": trial.suggest_float("strength", 1e-3, 1e3, log=True)}


def _build_linear(kind: TaskKind, parameters: Parameters, seed: int, threads: int) -> BaseEstimator:
    strength = float(parameters["strength"])
    if kind == "regression":
        return Ridge(alpha=strength, random_state=seed)
    return LogisticRegression(C=1 / strength, max_iter=300, random_state=seed)


def _suggest_extra_trees(trial: Trial) -> Parameters:
    return {
        "max_features": trial.suggest_float("max_features", 0.1, 0.6),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 2, 40, log=True),
    }


def _build_extra_trees(kind: TaskKind, parameters: Parameters, seed: int, threads: int) -> BaseEstimator:
    trees = ExtraTreesRegressor if kind == "regression" else ExtraTreesClassifier
    return trees(n_estimators=100, random_state=seed, n_jobs=threads, **parameters)


def _suggest_hist_gradient_boosting(trial: Trial) -> Parameters:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
        "max_iter": trial.suggest_int("max_iter", 50, 300, log=True),
        "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 4, 63, log=True),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 5, 100, log=True),
        "l2_regularization": trial.suggest_float("l2_regularization", 1e-3, 30.0, log=True),
        "max_features": trial.suggest_float("max_features", 0.3, 1.0),
    }


def _build_hist_gradient_boosting(
    kind: TaskKind, parameters: Parameters, seed: int, threads: int
) -> BaseEstimator:
    boosting = HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    # It takes its threads from OpenMP, which the caller limits.
    return boosting(early_stopping=False, random_state=seed, **parameters)


def _suggest_lightgbm(trial: Trial) -> Parameters:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
        "n_estimators": trial.suggest_int("n_estimators", 50, 400, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 63, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 30.0, log=True),
    }


def _build_lightgbm(kind: TaskKind, parameters: Parameters, seed: int, threads: int) -> BaseEstimator:
    boosting = lgb.LGBMRegressor if kind == "regression" else lgb.LGBMClassifier
    return boosting(
        subsample_freq=1,
        random_state=seed,
        n_jobs=threads,
        deterministic=True,
        force_col_wise=True,
        verbosity=-1,
        **parameters,
    )


FAMILIES: dict[str, Family] = {
    "lightgbm": Family(
        "LightGBM",
        {
            "learning_rate": 0.06,
            "n_estimators": 150,
            "num_leaves": 20,
            "min_child_samples": 20,
            "colsample_bytree": 0.7,
            "subsample": 0.8,
            "reg_lambda": 1.0,
        },
        _suggest_lightgbm,
        _build_lightgbm,
    ),
    "linear": Family("Linear model", {"strength": 1.0}, _suggest_linear, _build_linear),
    "hist_gradient_boosting": Family(
        "Histogram gradient boosting",
        {
            "learning_rate": 0.06,
            "max_iter": 150,
            "max_leaf_nodes": 20,
            "min_samples_leaf": 20,
            "l2_regularization": 1.0,
            "max_features": 0.7,
        },
        _suggest_hist_gradient_boosting,
        _build_hist_gradient_boosting,
    ),
    "extra_trees": Family(
        "Extra trees", {"max_features": 0.5, "min_samples_leaf": 3}, _suggest_extra_trees, _build_extra_trees
    ),
}


def build(family: str, kind: TaskKind, parameters: Parameters, seed: int, threads: int) -> Any:
    """Return an unfitted estimator of a family.

    Parameters
    ----------
    family : str
        Key of ``FAMILIES``.
    kind : {"binary", "multiclass", "regression"}
        The task.
    parameters : dict
        What the family's ``suggest`` returned.
    seed : int
        Seed of the estimator.
    threads : int
        Threads it may use, at least 1.
    """
    return FAMILIES[family].build(kind, parameters, seed, threads)


def predictions(estimator: Any, matrix: Any, kind: TaskKind) -> Any:
    """Return probabilities, shape (n_rows, n_classes), or the values of a regression, shape (n_rows,)."""
    return estimator.predict(matrix) if kind == "regression" else estimator.predict_proba(matrix)
