"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006)."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

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

_TREES = 120
# On a large table trees with a leaf for each row fill the memory and are not better.
_MOST_LEAVES = 10_000
_MOST_ROWS = 200_000

_PORTFOLIO = ({"max_features": 0.5, "min_samples_leaf": 2}, {"max_features": 0.25, "min_samples_leaf": 5})


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "max_features": trial.suggest_float("max_features", 0.1, 1.0),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 40, log=True),
        **suggest_class_weight(trial, facts),
    }


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    trees = ExtraTreesRegressor if options.kind == "regression" else ExtraTreesClassifier
    estimator = trees(
        n_estimators=_TREES,
        random_state=options.seed,
        n_jobs=options.threads,
        monotonic_cst=list(options.monotonic) if any(options.monotonic) else None,
        **{**parameters, "min_samples_leaf": max(parameters["min_samples_leaf"], len(X) // _MOST_LEAVES)},
    )
    estimator.fit(X, y, options.weights)
    # With threads the sum of the trees depends on their order, and a server has other cores.
    return FittedEstimator(estimator.set_params(n_jobs=1))


FAMILY = Family("Extra trees", _PORTFOLIO, _suggest, _fit, _MOST_ROWS, supports_monotonic=True)
