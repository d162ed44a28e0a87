"""Linear models: ridge regression and logistic regression."""

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
from components._estimators.view import add_view, fit_view, suggest_view

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


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    estimator = make_linear_model(parameters, options)
    view = add_view(parameters, options, estimator)
    if options.kind != "regression":
        return FittedEstimator(fit_view(view, X, y, options.weights))
    # A target far from 0 would lose digits in single precision.
    centre = y.mean()
    fit_view(view, X, y - centre, options.weights)
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


FAMILY = Family("Linear model", _PORTFOLIO, _suggest, _fit)
