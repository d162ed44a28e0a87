"""Gradient-boosted trees: LightGBM (Ke et al. 2017), with early stopping on the rows that a fold scores."""

from typing import Any

import lightgbm as lgb
import numpy as np

from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    OutOfTime,
    Parameters,
    StoppingRows,
    Trial,
    suggest_class_weight,
)

_MOST_STEPS = 2_000
# A step fits a tree for each class. Without a limit a trial with many classes takes most of a short sweep and
# much memory; a model with fewer than the least steps is too weak.
_MOST_TREES, _LEAST_STEPS = 6_000, 100
# A slow learner needs more steps to show that it no longer improves.
_PATIENCE = 2.0
_SHORTEST_PATIENCE, _LONGEST_PATIENCE = 20, 100

# Losses that match a metric better than squared error.
_LOSSES = {
    "neg_mean_absolute_error": "regression_l1",
    "neg_median_absolute_error": "regression_l1",
    "d2_absolute_error_score": "regression_l1",
    "neg_mean_absolute_percentage_error": "mape",
    "neg_mean_poisson_deviance": "poisson",
    "neg_mean_gamma_deviance": "gamma",
}
# After each tree LightGBM moves its leaves to the least of these losses, but refuses to do so with monotonic
# features.
_MOVE_LEAVES = ("regression_l1", "mape")


def _make_parameters(
    rate: float,
    leaves: int,
    least: int,
    columns: float,
    rows: float,
    penalty: float,
    is_random: bool,
    encoding: str,
) -> Parameters:
    return {
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_child_samples": least,
        "colsample_bytree": columns,
        "subsample": rows,
        "reg_lambda": penalty,
        "extra_trees": is_random,
        "encoding": encoding,
    }


_PORTFOLIO = (
    _make_parameters(0.05, 24, 20, 0.7, 0.8, 1.0, False, "both"),
    # Random thresholds make rougher trees with different errors.
    _make_parameters(0.05, 31, 10, 0.6, 0.8, 1.0, True, "one-hot"),
    _make_parameters(0.05, 7, 10, 0.4, 0.7, 3.0, False, "target"),
    _make_parameters(0.05, 96, 5, 0.8, 0.9, 1.0, False, "one-hot"),
)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 128, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 2, 100, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-2, 30.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        **suggest_class_weight(trial, facts),
    }


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    is_regression = options.kind == "regression"
    settings: dict[str, Any] = {
        "n_estimators": until if isinstance(until, int) else compute_max_steps(y, options),
        "subsample_freq": 1,
        "random_state": options.seed,
        "n_jobs": options.threads,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
        **parameters,
    }
    if is_regression:
        settings["objective"] = _LOSSES.get(options.metric, "regression")
    if any(options.monotonic):
        if settings.get("objective") in _MOVE_LEAVES:
            settings["objective"] = "regression"
        settings |= {"monotone_constraints": options.monotonic, "monotone_constraints_method": "intermediate"}
    estimator = (lgb.LGBMRegressor if is_regression else lgb.LGBMClassifier)(**settings)

    def stop_in_time(_: object) -> None:
        if options.is_over():
            raise OutOfTime("the time is over")

    if isinstance(until, int):
        estimator.fit(X, y, options.weights, callbacks=[stop_in_time])
        return FittedEstimator(_drop_history(estimator), until)
    patience = int(np.clip(_PATIENCE / parameters["learning_rate"], _SHORTEST_PATIENCE, _LONGEST_PATIENCE))
    callbacks: list[Any] = [stop_in_time, lgb.early_stopping(patience, verbose=False)]
    watched_weights: list[Any] | None = None if until.weights is None else [until.weights]
    estimator.fit(
        X,
        y,
        options.weights,
        eval_X=until.X,
        eval_y=until.y,
        eval_sample_weight=watched_weights,
        callbacks=callbacks,
    )
    # best_iteration_ is None if no tree could grow before the loss stopped falling.
    steps = estimator.best_iteration_ or estimator.booster_.current_iteration()
    return FittedEstimator(_drop_history(estimator), int(steps))


def compute_max_steps(y: np.ndarray, options: FitOptions) -> int:
    """Return the most steps of a fit."""
    trees = int(y.max()) + 1 if options.kind == "multiclass" else 1
    return int(np.clip(_MOST_TREES // trees, _LEAST_STEPS, _MOST_STEPS))


def _drop_history(estimator: lgb.LGBMModel) -> lgb.LGBMModel:
    """Drop the loss after each step, which takes more time to store than the trees."""
    estimator.evals_result_.clear()
    return estimator


FAMILY = Family("LightGBM", _PORTFOLIO, _suggest, _fit, supports_monotonic=True, gains_from_bags=True)
