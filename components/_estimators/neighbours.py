"""Nearest neighbours, weighted by distance."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from components._compiled.neighbours import Neighbours
from components._compiled.predictions import to_probabilities
from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    Parameters,
    StoppingRows,
    Trial,
)
from components._estimators.prefit_estimator import PrefitEstimator
from components._estimators.view import add_view, estimate_view_ms, suggest_view

# Each prediction compares all rows.
_MOST_ROWS = 20_000
# Fitted to processor seconds: to compare two rows, and of each value of a predicted row.
_PAIR_SECONDS, _VALUE_SECONDS = 2.1e-9, 7e-8
# Of a compiled row: of each known row, and of each of its values.
_KNOWN_ROW_MS, _KNOWN_VALUE_MS = 2.8e-6, 4.2e-7

_PORTFOLIO: tuple[Parameters, ...] = (
    {"n_neighbors": 15, "scaling": "standard", "percent": 60, "encoding": "target"},
)


class _NearestRows(PrefitEstimator):
    """Known rows, see ``components._compiled.neighbours.Neighbours`` for the parameters."""

    def __init__(self, rows: np.ndarray, values: np.ndarray, n_neighbours: int) -> None:
        self.rows = rows
        self.values = values
        self.n_neighbours = n_neighbours

    def _average(self, X: np.ndarray) -> np.ndarray:
        return Neighbours(self.rows, self.values, self.n_neighbours).average(X)


class NeighboursRegressor(RegressorMixin, _NearestRows):  # type: ignore[misc]
    """The mean value of the nearest rows."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return values, shape (n_rows,)."""
        return self._average(X)[:, 0]


class NeighboursClassifier(ClassifierMixin, _NearestRows):  # type: ignore[misc]
    """The shares of the classes among the nearest rows.

    ``values`` is 1 for a row's class and 0 for others, of two classes for the second only.
    """

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return to_probabilities(self._average(X))


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
    of_rows = facts.n_rows * (_KNOWN_ROW_MS + _KNOWN_VALUE_MS * n_features)
    return estimate_view_ms(parameters) + float(of_rows)


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    kind = NeighboursRegressor if options.kind == "regression" else NeighboursClassifier
    estimator = kind(np.empty((0, 0)), np.empty((0, 0)), min(parameters["n_neighbors"], len(X)))
    view = add_view(parameters, options, estimator)
    estimator.rows = X if view is estimator else view[:-1].fit_transform(X, y)
    estimator.values = y[:, None] if options.kind == "regression" else np.eye(int(y.max()) + 1)[y]
    if options.kind == "binary":
        estimator.values = estimator.values[:, 1:]
    return FittedEstimator(view)


FAMILY = Family(
    "Nearest neighbours",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    _estimate_row_ms,
    most_rows=_MOST_ROWS,
    supports_weights=False,
)
