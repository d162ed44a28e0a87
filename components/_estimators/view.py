"""Views of the matrix for linear models, kernels, neighbours and networks: some features, rescaled."""

import math
from typing import Any

import numpy as np
from sklearn.feature_selection import SelectPercentile, f_classif, f_regression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from components._estimators.family import Facts, FitOptions, Parameters, Trial
from components._estimators.pieces import NumberPieces
from components._estimators.ranks import NormalRanks

_FEW_FEATURES = 4
# More features than these have thousands of products.
_MOST_FOR_INTERACTIONS = 40
# Most memory of all products of two features, in single precision, twice: before and after their rescaling.
_MOST_BYTES_OF_PRODUCTS, _BYTES_OF_PRODUCT = 400e6, 8
# Measured with 16 to 94 features.
_VIEW_MS, _RANKS_MS, _PIECES_MS = 0.004, 0.015, 0.006


def suggest_view(trial: Trial, facts: Facts, *, with_interactions: bool = False) -> Parameters:
    """Suggest a scaling, a share of the features and, if wanted, their products.

    ``scaling``: as in the recipe, or ranks mapped to a normal distribution, which outliers do not stretch.
    ``percent``: the share of the features to keep, those with the largest F statistic.
    """
    view: Parameters = {"scaling": trial.suggest_categorical("scaling", ["standard", "normal"])}
    if facts.n_features > _FEW_FEATURES:
        view["percent"] = trial.suggest_categorical("percent", [100, 60, 30])
    if with_interactions and facts.n_features <= _MOST_FOR_INTERACTIONS:
        view["interactions"] = trial.suggest_categorical("interactions", [False, True])
    return view


def count_kept_features(parameters: Parameters, facts: Facts) -> int:
    """Return the number of features that a view keeps."""
    return math.ceil(facts.n_features * int(parameters.get("percent", 100)) / 100)


def has_room_for_products(parameters: Parameters, facts: Facts) -> bool:
    """Return whether the products of the features that a view keeps take little memory for all rows."""
    kept = count_kept_features(parameters, facts)
    n_values = facts.n_rows * kept * (kept + 1) // 2
    return n_values * _BYTES_OF_PRODUCT <= _MOST_BYTES_OF_PRODUCTS


def estimate_view_ms(parameters: Parameters) -> float:
    """Return the milliseconds in which the compiled form of a view, and of little behind it, takes a row."""
    extras = _RANKS_MS * (parameters.get("scaling") == "normal") + _PIECES_MS * bool(parameters.get("pieces"))
    return _VIEW_MS + extras


def fit_view(view: Any, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Any:
    """Fit an estimator behind its view, which ``add_view`` made; only the estimator weighs the rows."""
    if weights is None:
        return view.fit(X, y)
    name = "estimator__sample_weight" if isinstance(view, Pipeline) else "sample_weight"
    return view.fit(X, y, **{name: weights})


def add_view(parameters: Parameters, options: FitOptions, estimator: Any) -> Any:
    """Return an unfitted estimator behind its view; the estimator itself if it has none."""
    steps: list[tuple[str, Any]] = []
    if parameters.get("percent", 100) < 100:
        statistic = f_regression if options.kind == "regression" else f_classif
        steps.append(("percent", SelectPercentile(statistic, percentile=parameters["percent"])))
    if parameters.get("scaling") == "normal":
        steps.append(("scaling", NormalRanks()))
    if parameters.get("pieces"):
        steps.append(("pieces", NumberPieces(parameters["pieces"])))
    if parameters.get("interactions"):
        steps += [
            ("interactions", PolynomialFeatures(2, interaction_only=True, include_bias=False)),
            ("rescaling", StandardScaler()),
        ]
    return Pipeline([*steps, ("estimator", estimator)]) if steps else estimator
