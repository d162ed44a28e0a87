"""A small neural network, stopped early on the rows a fold scores."""

from typing import Any

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error

from components._model.families.family import (
    Facts,
    Family,
    Fitted,
    Fitting,
    OutOfTime,
    Parameters,
    Trial,
    Watched,
)
from components._model.families.perceptron import (
    Descent,
    Learner,
    PerceptronClassifier,
    PerceptronRegressor,
)
from components._model.families.view import suggest_view, through_view
from components._problem.task import TaskKind

_EPOCHS, _MOST_EPOCHS, _LEAST_EPOCHS = 40, 100, 10
# Steps that a small table gets in more epochs, and that a large one is content with in fewer.
_LEAST_STEPS, _MOST_STEPS = 1_600, 8_000
# Epochs without a smaller loss after which there is hardly one to come.
_PATIENCE = 12
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
_BATCHES = 40
_MOST_ROWS = 200_000

_PORTFOLIO: tuple[Parameters, ...] = (
    {
        "width": 256,
        "layers": 2,
        "learning_rate": 4e-3,
        "decay": 0.4,
        "dropout": 0.2,
        "scaling": "standard",
        "encoding": "one-hot",
    },
    {
        "width": 256,
        "layers": 2,
        "learning_rate": 4e-3,
        "decay": 1.0,
        "dropout": 0.1,
        "scaling": "normal",
        "encoding": "target",
    },
    {
        "width": 256,
        "layers": 3,
        "learning_rate": 2e-3,
        "decay": 0.2,
        "dropout": 0.3,
        "scaling": "standard",
    },
)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "width": trial.suggest_int("width", 32, 256, log=True),
        "layers": trial.suggest_int("layers", 1, 3),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 1e-2, log=True),
        "decay": trial.suggest_float("decay", 0.01, 3.0, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        **suggest_view(trial, facts),
    }


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, fitting: Fitting, until: Watched | int
) -> Fitted:
    is_regression = fitting.kind == "regression"
    network = (PerceptronRegressor if is_regression else PerceptronClassifier)([], [])
    view = through_view(parameters, fitting, network)
    transform = view[:-1].fit(X, y) if view is not network else None

    def seen(rows: np.ndarray) -> np.ndarray:
        return rows if transform is None else np.asarray(transform.transform(rows), dtype=np.float32)

    # The loss of a network is in the unit of its target.
    centre, spread = (float(y.mean()), float(y.std()) or 1.0) if is_regression else (0.0, 1.0)
    target = _targets((y - centre) / spread, fitting.kind)
    learner = Learner(seen(X), target, _descent(parameters, fitting, len(X)))
    if isinstance(until, int):
        steps = min(until, learner.descent.epochs)
        for _ in range(steps):
            _epoch(learner, fitting)
        network.weights, network.biases = learner.copy()
    else:
        watched = Watched(seen(until.X), (until.y - centre) / spread)
        steps = _learn_watched(learner, network, watched, fitting)
    if is_regression:
        # In single precision a target far from 0 would lose the digits in which it varies.
        network.weights[-1] = network.weights[-1].astype(np.float64) * spread
        network.biases[-1] = network.biases[-1].astype(np.float64) * spread + centre
    return Fitted(view, steps)


def _descent(parameters: Parameters, fitting: Fitting, n_rows: int) -> Descent:
    batch = int(np.clip(n_rows // _BATCHES, min(_SMALLEST_BATCH, n_rows), _LARGEST_BATCH))
    n_batches = n_rows // batch
    least, most = min(_LEAST_STEPS / n_batches, _MOST_EPOCHS), max(_MOST_STEPS / n_batches, _LEAST_EPOCHS)
    return Descent(
        hidden=tuple(max(8, parameters["width"] // 2**depth) for depth in range(parameters["layers"])),
        rate=parameters["learning_rate"],
        decay=parameters["decay"],
        dropout=parameters["dropout"],
        batch=batch,
        epochs=round(np.clip(_EPOCHS, least, most)),
        link={"regression": "identity", "binary": "logistic", "multiclass": "softmax"}[fitting.kind],
        seed=fitting.seed,
    )


def _targets(y: np.ndarray, kind: TaskKind) -> np.ndarray:
    """Return what the outputs should be, shape (n_rows, n_outputs)."""
    if kind == "multiclass":
        return np.asarray(np.eye(int(y.max()) + 1, dtype=np.float32)[y.astype(int)])
    return np.asarray(y.astype(np.float32)[:, None])


def _learn_watched(learner: Learner, network: Any, watched: Watched, fitting: Fitting) -> int:
    """Learn until the watched rows' loss stops falling, and go back to where it was least."""
    least, best = np.inf, 0
    network.weights, network.biases = learner.weights, learner.biases
    weights, biases = learner.copy()
    for epoch in range(1, learner.descent.epochs + 1):
        _epoch(learner, fitting)
        if fitting.kind == "regression":
            loss = mean_squared_error(watched.y, network.predict(watched.X))
        else:
            made = network.predict_proba(watched.X)
            loss = log_loss(watched.y, made, labels=np.arange(made.shape[1]))
        if loss < least:
            least, best = loss, epoch
            weights, biases = learner.copy()
        if epoch - best >= _PATIENCE:
            break
    network.weights, network.biases = weights, biases
    return best


def _epoch(learner: Learner, fitting: Fitting) -> None:
    if fitting.is_over():
        raise OutOfTime
    learner.epoch()
    if not np.isfinite(learner.weights[-1]).all():
        raise ArithmeticError("a weight of the network is not a number")


def _is_offered(facts: Facts) -> bool:
    return facts.n_rows <= _MOST_ROWS and not facts.is_monotonic


FAMILY = Family("Neural network", _PORTFOLIO, _suggest, _fit, _is_offered, gains_from_bags=True)
