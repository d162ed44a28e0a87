"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006)."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from components._estimators.compact_forest import CompactForest, CompactTrees
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

# scikit-learn's trees take much memory with many classes, so only so many of a forest exist at once.
_TREES, _TREES_AT_ONCE = 120, 10
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
    n_classes = 0 if options.kind == "regression" else int(y.max()) + 1
    estimator = trees(
        n_estimators=_TREES_AT_ONCE,
        # A state, not a seed: each fit goes on with it, so that the trees differ.
        random_state=np.random.RandomState(options.seed),
        n_jobs=options.threads,
        monotonic_cst=list(options.monotonic) if any(options.monotonic) else None,
        **{**parameters, "min_samples_leaf": max(parameters["min_samples_leaf"], len(X) // _MOST_LEAVES)},
    )
    parts = [
        CompactTrees.from_fitted(estimator.fit(X, y).estimators_, n_classes)
        for _ in range(_TREES // _TREES_AT_ONCE)
    ]
    return FittedEstimator(CompactForest(CompactTrees.join(parts)._asdict(), X.shape[1], n_classes))


FAMILY = Family("Extra trees", _PORTFOLIO, _suggest, _fit, _MOST_ROWS, supports_monotonic=True)
