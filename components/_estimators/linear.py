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
from components._estimators.view import (
    add_view,
    count_kept_features,
    estimate_view_ms,
    fit_view,
    has_room_for_products,
    suggest_view,
)

# Fitted to processor seconds. Regression: of a value, and of the product of two. Classification: of a value,
# of a value for each class, and of a row's loss for each class.
_VALUE_SECONDS, _PRODUCT_SECONDS = 4.8e-9, 8e-12
_FEATURE_SECONDS, _CLASS_SECONDS, _LOSS_SECONDS = 9.6e-9, 2.6e-9, 3.4e-7

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


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    kept = count_kept_features(parameters, facts)
    n_features = kept * (kept + 1) // 2 if parameters.get("interactions") else kept
    if facts.kind == "regression":
        return facts.n_rows * n_features * (_VALUE_SECONDS + _PRODUCT_SECONDS * n_features)
    values = n_features * (_FEATURE_SECONDS + _CLASS_SECONDS * facts.n_outputs)
    return facts.n_rows * (values + _LOSS_SECONDS * facts.n_outputs)


def _shorten(parameters: Parameters, facts: Facts, seconds: float) -> Parameters:
    if not parameters.get("interactions"):
        return parameters
    is_light = has_room_for_products(parameters, facts) and _estimate_seconds(parameters, facts) <= seconds
    return parameters if is_light else {**parameters, "interactions": False}


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    estimator = make_linear_model(parameters, options)
    view = add_view(parameters, options, estimator)
    # A target far from 0 would lose digits in single precision.
    centre = y.mean() if options.kind == "regression" else 0
    fit_view(view, X, y - centre, options.weights)
    # So that the products of a row are added in double precision, as the compiled form does.
    estimator.coef_ = estimator.coef_.astype(np.float64)
    estimator.intercept_ = estimator.intercept_ + np.float64(centre)
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


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    return estimate_view_ms(parameters)


FAMILY = Family("Linear model", _PORTFOLIO, _suggest, _fit, _estimate_seconds, _estimate_row_ms, _shorten)
