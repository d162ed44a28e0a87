"""Small fits that the tests of the families share."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from components import _estimators as estimators
from components._estimators import FAMILIES, FitOptions, FittedEstimator, Parameters, StoppingRows
from components._problem.metrics import DEFAULT_SCORER
from components._problem.task import TaskKind
from tests.components._model.tables import SMALL

EVERY = [(name, kind) for name, family in FAMILIES.items() for kind in family.kinds]
EVERY_PORTFOLIO = [(name, i, kind) for name, kind in EVERY for i in range(len(FAMILIES[name].portfolio))]


def draw_data(kind: TaskKind, n_rows: int = 160, n_features: int = 6, seed: int = 0) -> StoppingRows:
    """Return random features; the first two decide on the target."""
    X = np.random.default_rng(seed).normal(size=(n_rows, n_features)).astype(np.float32)
    value = (2 * X[:, 0] + X[:, 1] ** 2).astype(np.float64)
    if kind == "regression":
        return StoppingRows(X, value)
    return StoppingRows(X, np.digitize(value, [1.0] if kind == "binary" else [0.0, 2.0]))


def fit(
    family: str,
    kind: TaskKind,
    until: StoppingRows | int = 8,
    *,
    rows: StoppingRows | None = None,
    parameters: Parameters | None = None,
    threads: int = 1,
    **settings: Any,
) -> FittedEstimator:
    """Fit a family, by default its small parameters on ``draw_data``."""
    X, y, _ = rows or draw_data(kind)
    metric = settings.pop("metric", DEFAULT_SCORER[kind])
    options = FitOptions(kind, metric, settings.pop("seed", 0), threads, **settings)
    # BLAS adds up in another order on more threads, so it gets one wherever models are fitted.
    with threadpool_limits({"openmp": threads, "blas": 1}), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimators.fit(family, X, y, parameters or SMALL[family], options, until)
