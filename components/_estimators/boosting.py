"""Gradient-boosted trees: LightGBM (Ke et al. 2017), with early stopping on the rows that a fold scores."""

import math
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np

from components._estimators.family import (
    MOST_RECORDED,
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    Parameters,
    StoppingRows,
    Trial,
    compute_most_row_ms,
    suggest_class_weight,
)

_FEWEST_STEPS, _MOST_STEPS = 10, 2_000
# A step fits a tree for each class. Without a limit a trial with many classes takes most of a short sweep and
# much memory; a model with fewer than the least steps is too weak.
_MOST_TREES, _LEAST_STEPS = 6_000, 100
# A slow learner needs more steps to show that it no longer improves.
_PATIENCE = 2.0
_SHORTEST_PATIENCE, _LONGEST_PATIENCE = 20, 100

# Fitted to the processor seconds of 233 fits of 500 to 200,000 rows: of a tree, of each of its histograms'
# values, of each value and row for each level of leaves; and to sort the rows' values into bins.
_TREE_SECONDS, _HISTOGRAM_SECONDS, _VALUE_SECONDS, _ROW_SECONDS = 6.3e-5, 6.4e-7, 7.2e-10, 1.4e-8
_BIN_SECONDS = 6e-9
_BINS = 255
# Fitted to compiled rows of 12 models: of a tree for each level of leaves.
_ROW_LEVEL_MS = 1.5e-5
# Rate times steps of a fit that is cut short: with less time it takes larger steps, up to the largest that
# costs nothing on small tables and does not diverge with many classes (measured on 12 tables).
_WAY, _FASTEST = 15.0, 0.2
# Rate times steps after which a fit usually stops by itself.
_USUAL_WAY = 20.0

# A leaf is drawn towards its parent by the weight of so many rows: on five of six tables the error is then
# the same or up to 1.5 % less.
_SMOOTHING = 1.0

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
        "learning_rate": trial.suggest_float("learning_rate", 0.02, _FASTEST, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 128, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 2, 100, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-2, 30.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        **suggest_class_weight(trial, facts),
    }


def estimate_step_seconds(parameters: Parameters, facts: Facts) -> float:
    """Return the processor seconds of a step, which fits a tree for each class."""
    n_rows = facts.n_rows * parameters["subsample"]
    n_features = max(1.0, facts.n_features * parameters["colsample_bytree"])
    leaves = min(parameters["num_leaves"], max(2.0, n_rows / (2 * parameters["min_child_samples"])))
    histograms = _HISTOGRAM_SECONDS * leaves * n_features * min(_BINS, facts.n_rows / 4) / _BINS
    levels = _VALUE_SECONDS * n_rows * n_features + _ROW_SECONDS * facts.n_rows
    return float(facts.n_outputs * (_TREE_SECONDS + histograms + levels * np.log2(leaves)))


def _estimate_bin_seconds(facts: Facts) -> float:
    return _BIN_SECONDS * facts.n_rows * facts.n_features * math.log2(facts.n_rows + 1)


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    steps = min(parameters.get("most_steps", _MOST_STEPS), _USUAL_WAY / parameters["learning_rate"])
    return float(_estimate_bin_seconds(facts) + steps * estimate_step_seconds(parameters, facts))


def _shorten(parameters: Parameters, facts: Facts, seconds: float) -> Parameters:
    steps = (seconds - _estimate_bin_seconds(facts)) / estimate_step_seconds(parameters, facts)
    steps = min(steps, compute_most_row_ms(facts) / _estimate_row_ms(parameters, facts, 1))
    if steps >= _MOST_STEPS:
        return parameters
    most = int(max(steps, _FEWEST_STEPS))
    rate = max(parameters["learning_rate"], min(_WAY / most, _FASTEST))
    return {**parameters, "learning_rate": rate, "most_steps": most}


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    return float(facts.n_outputs * steps * _ROW_LEVEL_MS * math.log2(parameters["num_leaves"]))


def build_estimator(parameters: Parameters, options: FitOptions, steps: int) -> lgb.LGBMModel:
    """Return an unfitted estimator that makes so many steps at most."""
    is_regression = options.kind == "regression"
    own = {name: value for name, value in parameters.items() if name != "most_steps"}
    settings: dict[str, Any] = {
        "n_estimators": steps,
        "subsample_freq": 1,
        "random_state": options.seed,
        "n_jobs": options.threads,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
        # Smoothed leaves do not keep directions.
        "path_smooth": 0.0 if any(options.monotonic) else _SMOOTHING,
        **own,
    }
    if is_regression:
        settings["objective"] = _LOSSES.get(options.metric, "regression")
    if any(options.monotonic):
        if settings.get("objective") in _MOVE_LEAVES:
            settings["objective"] = "regression"
        settings |= {"monotone_constraints": options.monotonic, "monotone_constraints_method": "intermediate"}
    return (lgb.LGBMRegressor if is_regression else lgb.LGBMClassifier)(**settings)


def has_absolute_loss(options: FitOptions) -> bool:
    """Return whether the loss is absolute, for which a fit moves the leaves of each tree to medians."""
    return _LOSSES.get(options.metric) in _MOVE_LEAVES and not any(options.monotonic)


def build_early_stopping(parameters: Parameters) -> Any:
    """Return the callback that ends a fit when the first metric no longer improves."""
    patience = int(np.clip(_PATIENCE / parameters["learning_rate"], _SHORTEST_PATIENCE, _LONGEST_PATIENCE))
    return lgb.early_stopping(patience, first_metric_only=True, verbose=False)


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    most = min(compute_max_steps(y, options), parameters.get("most_steps", _MOST_STEPS))
    estimator = build_estimator(parameters, options, until if isinstance(until, int) else most)
    callbacks: list[Any] = [_StopInTime(options.is_over)]
    if isinstance(until, int):
        estimator.fit(X, y, options.weights, callbacks=callbacks)
        return FittedEstimator(_drop_history(estimator), estimator.booster_.current_iteration())
    # The first metric is the objective's own; the second only listens.
    callbacks.append(build_early_stopping(parameters))
    history: list[np.ndarray] = []

    def record(_: np.ndarray | None, predicted: np.ndarray) -> tuple[str, float, bool]:
        history.append(predicted.astype(np.float32))
        return "recorded", 0.0, False

    n_values = most * len(until.y) * (int(y.max()) + 1 if options.kind == "multiclass" else 1)
    estimator.fit(
        X,
        y,
        options.weights,
        eval_X=until.X,
        eval_y=until.y,
        eval_sample_weight=None if until.weights is None else [until.weights],
        eval_metric=record if n_values <= MOST_RECORDED else None,
        callbacks=callbacks,
    )
    # best_iteration_ is None if no tree could grow before the loss stopped falling.
    steps = estimator.best_iteration_ or estimator.booster_.current_iteration()

    def predict_after(steps: int) -> np.ndarray:
        made = history[min(steps, len(history)) - 1].astype(np.float64)
        return np.column_stack([1 - made, made]) if options.kind == "binary" else made

    return FittedEstimator(_drop_history(estimator), int(steps), predict_after if history else None)


class _StopInTime:
    """A callback that ends a fit when its time is over; the best step so far is then kept."""

    # After early stopping, which counts the step first.
    order = 40

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over
        self._best: tuple[float, int] = (-np.inf, 0)

    def __call__(self, environment: lgb.callback.CallbackEnv) -> None:
        results = environment.evaluation_result_list or []
        # Without rows for early stopping the last step is the best.
        value = float(environment.iteration)
        if results:
            _, _, value, is_higher_better, *_ = results[0]
            value = value if is_higher_better else -value
        if value > self._best[0]:
            self._best = (value, environment.iteration)
        if self._is_over():
            raise lgb.EarlyStopException(self._best[1], results)


def compute_max_steps(y: np.ndarray, options: FitOptions) -> int:
    """Return the most steps of a fit."""
    trees = int(y.max()) + 1 if options.kind == "multiclass" else 1
    return int(np.clip(_MOST_TREES // trees, _LEAST_STEPS, _MOST_STEPS))


def _drop_history(estimator: lgb.LGBMModel) -> lgb.LGBMModel:
    """Drop the loss after each step, which takes more time to store than the trees."""
    estimator.evals_result_.clear()
    return estimator


FAMILY = Family(
    "LightGBM",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    _estimate_row_ms,
    _shorten,
    supports_monotonic=True,
    gains_from_bags=True,
    learns_from_batches=True,
)
