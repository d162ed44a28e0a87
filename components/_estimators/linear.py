"""Linear models: ridge regression and logistic regression."""

import math

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    Parameters,
    StoppingRows,
    Trial,
    suggest_class_weight,
)
from components._estimators.view import add_view, suggest_view

# Seconds of a value and of a row's loss for each class in an iteration, and how many there usually are.
_VALUE_SECONDS, _LOSS_SECONDS, _USUAL_ITERATIONS = 1.5e-9, 1e-8, 80

_PORTFOLIO: tuple[Parameters, ...] = (
    {"strength": 1.0, "scaling": "standard"},
    {"strength": 30.0, "scaling": "normal", "interactions": True, "encoding": "target"},
)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "strength": trial.suggest_float("strength", 1e-2, 1e4, log=True),
        **suggest_view(trial, facts, with_interactions=True),
        **suggest_class_weight(trial, facts),
    }


def estimate_solver_seconds(facts: Facts, n_features: int) -> float:
    """Return the processor seconds to fit the coefficients of so many features."""
    if facts.kind == "regression":
        return _VALUE_SECONDS * facts.n_rows * n_features * min(n_features, facts.n_rows)
    return _USUAL_ITERATIONS * facts.n_rows * facts.n_outputs * (_VALUE_SECONDS * n_features + _LOSS_SECONDS)


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    kept = math.ceil(facts.n_features * parameters.get("percent", 100) / 100)
    n_features = kept * (kept + 1) // 2 if parameters.get("interactions") else kept
    return estimate_solver_seconds(facts, n_features)


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    estimator = make_linear_model(parameters, options)
    view = add_view(parameters, options, estimator)
    if options.kind != "regression":
        return FittedEstimator(view.fit(X, y))
    # A target far from 0 would lose digits in single precision.
    centre = y.mean()
    view.fit(X, y - centre)
    estimator.intercept_ = np.float64(estimator.intercept_) + centre
    return FittedEstimator(view)


def make_linear_model(parameters: Parameters, options: FitOptions) -> Ridge | LogisticRegression:
    """Return an unfitted model with the parameters' penalty."""
    strength = float(parameters["strength"])
    if options.kind == "regression":
        return Ridge(alpha=strength, random_state=options.seed)
    return LogisticRegression(
        C=1 / strength,
        max_iter=300,
        random_state=options.seed,
        class_weight=parameters.get("class_weight"),
    )


FAMILY = Family("Linear model", _PORTFOLIO, _suggest, _fit, _estimate_seconds)
