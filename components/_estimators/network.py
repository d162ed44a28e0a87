"""A small neural network, with early stopping on the rows that a fold scores."""

from typing import Any

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error

from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    OutOfTime,
    Parameters,
    StoppingRows,
    Trial,
)
from components._estimators.perceptron import (
    Descent,
    Learner,
    PerceptronClassifier,
    PerceptronRegressor,
)
from components._estimators.view import add_view, suggest_view
from components._problem.task import TaskKind

_EPOCHS, _MOST_EPOCHS, _LEAST_EPOCHS = 40, 100, 10
# A small table gets more epochs, to reach the least steps; a large one fewer, down to the most steps.
_LEAST_STEPS, _MOST_STEPS = 1_600, 8_000
# Epochs without a smaller loss after which a fit stops.
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
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    is_regression = options.kind == "regression"
    network = (PerceptronRegressor if is_regression else PerceptronClassifier)([], [])
    view = add_view(parameters, options, network)
    transform = view[:-1].fit(X, y) if view is not network else None

    def apply_view(rows: np.ndarray) -> np.ndarray:
        return rows if transform is None else np.asarray(transform.transform(rows), dtype=np.float32)

    # The loss is in the unit of the target, so a regression learns the standardised target.
    centre, spread = (float(y.mean()), float(y.std()) or 1.0) if is_regression else (0.0, 1.0)
    target = _encode_targets((y - centre) / spread, options.kind)
    descent = _build_descent(parameters, options, len(X))
    learner = Learner(apply_view(X), target, descent, options.weights)
    if isinstance(until, int):
        steps = min(until, learner.descent.epochs)
        for _ in range(steps):
            _run_epoch(learner, options)
        network.weights, network.biases = learner.copy()
    else:
        stopping = StoppingRows(apply_view(until.X), (until.y - centre) / spread, until.weights)
        steps = _learn_until_best(learner, network, stopping, options)
    if is_regression:
        # A target far from 0 would lose digits in single precision.
        network.weights[-1] = network.weights[-1].astype(np.float64) * spread
        network.biases[-1] = network.biases[-1].astype(np.float64) * spread + centre
    return FittedEstimator(view, steps)


def _build_descent(parameters: Parameters, options: FitOptions, n_rows: int) -> Descent:
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
        link={"regression": "identity", "binary": "logistic", "multiclass": "softmax"}[options.kind],
        seed=options.seed,
    )


def _encode_targets(y: np.ndarray, kind: TaskKind) -> np.ndarray:
    """Return the target of the outputs, shape (n_rows, n_outputs)."""
    if kind == "multiclass":
        return np.asarray(np.eye(int(y.max()) + 1, dtype=np.float32)[y.astype(int)])
    return np.asarray(y.astype(np.float32)[:, None])


def _learn_until_best(learner: Learner, network: Any, stopping: StoppingRows, options: FitOptions) -> int:
    """Learn until the loss of the stopping rows stops falling, then restore the best weights."""
    least, best = np.inf, 0
    network.weights, network.biases = learner.weights, learner.biases
    weights, biases = learner.copy()
    for epoch in range(1, learner.descent.epochs + 1):
        _run_epoch(learner, options)
        if options.kind == "regression":
            loss = mean_squared_error(stopping.y, network.predict(stopping.X), sample_weight=stopping.weights)
        else:
            made = network.predict_proba(stopping.X)
            labels = np.arange(made.shape[1])
            loss = log_loss(stopping.y, made, labels=labels, sample_weight=stopping.weights)
        if loss < least:
            least, best = loss, epoch
            weights, biases = learner.copy()
        if epoch - best >= _PATIENCE:
            break
    network.weights, network.biases = weights, biases
    return best


def _run_epoch(learner: Learner, options: FitOptions) -> None:
    if options.is_over():
        raise OutOfTime("the time is over")
    learner.run_epoch()
    if not np.isfinite(learner.weights[-1]).all():
        raise ArithmeticError("a weight of the network is not finite")


FAMILY = Family("Neural network", _PORTFOLIO, _suggest, _fit, _MOST_ROWS, gains_from_bags=True)
