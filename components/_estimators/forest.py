"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006)."""

import math

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

# scikit-learn's trees take much memory with many classes, so only a batch of a forest exists at once. After
# each batch the clock is looked at.
_TREES, _FEWEST_TREES, _BATCH = 120, 20, 10
# Fitted to the processor seconds of 44 forests of up to 60,000 rows: of a tree, of each value for each level
# of leaves, and of each value for each class.
_TREE_SECONDS, _VALUE_SECONDS, _CLASS_SECONDS = 6e-4, 6.1e-9, 2.2e-9
# Fitted to compiled rows of 4 forests: of a tree for each level of leaves.
_ROW_LEVEL_MS = 2.5e-5
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


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    return float(parameters.get("trees", _TREES)) * _estimate_tree_seconds(parameters, facts)


def _estimate_tree_seconds(parameters: Parameters, facts: Facts) -> float:
    levels = _estimate_levels(parameters, facts)
    values = facts.n_rows * facts.n_features * float(parameters["max_features"])
    return _TREE_SECONDS + values * (_VALUE_SECONDS * (levels + 1) + _CLASS_SECONDS * facts.n_outputs)


def _estimate_levels(parameters: Parameters, facts: Facts) -> float:
    return math.log2(max(2.0, facts.n_rows / _compute_least_rows(parameters, facts.n_rows)))


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    return float(parameters.get("trees", _TREES)) * _ROW_LEVEL_MS * _estimate_levels(parameters, facts)


def _shorten(parameters: Parameters, facts: Facts, seconds: float) -> Parameters:
    trees = int(seconds / _estimate_tree_seconds(parameters, facts)) // _BATCH * _BATCH
    return parameters if trees >= _TREES else {**parameters, "trees": max(trees, _FEWEST_TREES)}


def _compute_least_rows(parameters: Parameters, n_rows: int) -> int:
    """Return the least rows of a leaf."""
    return max(int(parameters["min_samples_leaf"]), n_rows // _MOST_LEAVES)


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    trees = ExtraTreesRegressor if options.kind == "regression" else ExtraTreesClassifier
    own = {name: parameters[name] for name in ("max_features", "class_weight") if name in parameters}
    n_classes = 0 if options.kind == "regression" else int(y.max()) + 1
    estimator = trees(
        n_estimators=_BATCH,
        # A state, not a seed: each fit goes on with it, so that the trees differ.
        random_state=np.random.RandomState(options.seed),
        n_jobs=options.threads,
        monotonic_cst=list(options.monotonic) if any(options.monotonic) else None,
        min_samples_leaf=_compute_least_rows(parameters, len(X)),
        **own,
    )
    parts = []
    for _ in range(parameters.get("trees", _TREES) // _BATCH):
        fitted = estimator.fit(X, y, options.weights)
        parts.append(CompactTrees.from_fitted(fitted.estimators_, n_classes))
        if options.is_over():
            break
    return FittedEstimator(CompactForest(CompactTrees.join(parts)._asdict(), X.shape[1], n_classes))


FAMILY = Family(
    "Extra trees",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    _estimate_row_ms,
    _shorten,
    _MOST_ROWS,
    supports_monotonic=True,
)
