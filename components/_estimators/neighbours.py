"""Nearest neighbours, weighted by distance."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    Parameters,
    StoppingRows,
    Trial,
)
from components._estimators.view import add_view, suggest_view

# Each prediction compares all rows.
_MOST_ROWS = 20_000
# Fitted to processor seconds: to compare two rows, and of each value of a predicted row.
_PAIR_SECONDS, _VALUE_SECONDS = 2.1e-9, 7e-8
# Of a compiled row: of each known row, and of each of its values.
_KNOWN_ROW_MS, _KNOWN_VALUE_MS = 2.8e-6, 4.2e-7

_PORTFOLIO: tuple[Parameters, ...] = (
    {"n_neighbors": 15, "scaling": "standard", "percent": 60, "encoding": "target"},
)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "n_neighbors": trial.suggest_int("n_neighbors", 3, 100, log=True),
        **suggest_view(trial, facts),
    }


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    n_predicted = facts.n_rows / 4
    return n_predicted * (_PAIR_SECONDS * facts.n_rows + _VALUE_SECONDS * facts.n_features)


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    n_features = facts.n_features * parameters.get("percent", 100) / 100
    return float(facts.n_rows * (_KNOWN_ROW_MS + _KNOWN_VALUE_MS * n_features))


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    kind = KNeighborsRegressor if options.kind == "regression" else KNeighborsClassifier
    estimator = kind(
        n_neighbors=min(parameters["n_neighbors"], len(X)), weights="distance", algorithm="brute"
    )
    return FittedEstimator(add_view(parameters, options, estimator).fit(X, y))


FAMILY = Family(
    "Nearest neighbours",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    estimate_row_ms=_estimate_row_ms,
    most_rows=_MOST_ROWS,
    supports_weights=False,
)
