"""A small neural network, with early stopping on the rows that a fold scores."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error

from components._estimators.family import (
    MOST_RECORDED,
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
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
from components._estimators.pieces import limit_pieces
from components._estimators.view import add_view, estimate_view_ms, suggest_view
from components._metrics.scores import normalise_probabilities
from components._problem.task import TaskKind

_EPOCHS, _MOST_EPOCHS, _LEAST_EPOCHS = 40, 100, 10
# A small table gets more epochs, to reach the least steps; a large one fewer, down to the most steps.
_LEAST_STEPS, _MOST_STEPS = 1_600, 8_000
# Epochs without a smaller loss after which a fit stops.
_PATIENCE = 12
# Fitted to the processor seconds of 54 epochs: of a row, and of a row for each unit and each weight; of a
# batch, and of a batch for each weight.
_ROW_SECONDS, _UNIT_SECONDS, _WEIGHT_SECONDS = 2e-7, 5.5e-9, 3.9e-11
_BATCH_SECONDS, _WEIGHT_STEP_SECONDS = 3.9e-5, 3.8e-9
# What predicting the rows for early stopping adds.
_STOPPING = 1.1
# Milliseconds of a compiled row, measured with two and three layers.
_ROW_MS = 0.013
# Share of the epochs after which a fit usually stops by itself.
_USUAL_SHARE = 0.7
_FEWEST_EPOCHS = 4
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
_BATCHES = 40
_MOST_ROWS = 200_000
# Pieces of a number's range, for tables whose target has steps; smooth classes are better without.
_PIECES = 8

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
        "pieces": _PIECES,
        "scaling": "standard",
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
        "pieces": trial.suggest_categorical("pieces", [0, _PIECES]),
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
    history: list[np.ndarray] = []
    if isinstance(until, int):
        steps = 0
        has_time = True
        while has_time and steps < min(until, learner.descent.epochs):
            has_time = _run_epoch(learner, options)
            steps += 1
        network.weights, network.biases = learner.copy()
    else:
        stopping = StoppingRows(apply_view(until.X), (until.y - centre) / spread, until.weights)
        steps, history = _learn_until_best(learner, network, stopping, options)
    if is_regression:
        # A target far from 0 would lose digits in single precision.
        network.weights[-1] = network.weights[-1].astype(np.float64) * spread
        network.biases[-1] = network.biases[-1].astype(np.float64) * spread + centre
    if not history:
        return FittedEstimator(view, steps)

    def predict_after(steps: int) -> np.ndarray:
        predicted = history[min(steps, len(history)) - 1].astype(np.float64)
        return predicted * spread + centre if is_regression else normalise_probabilities(predicted)

    return FittedEstimator(view, steps, predict_after)


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    epochs = min(parameters.get("most_epochs", np.inf), _compute_epochs(facts.n_rows) * _USUAL_SHARE)
    return float(epochs * _estimate_epoch_seconds(parameters, facts))


def _estimate_epoch_seconds(parameters: Parameters, facts: Facts) -> float:
    hidden = _compute_widths(parameters)
    n_pieces = limit_pieces(parameters.get("pieces", 0), facts.n_features) * facts.n_features
    widths = (facts.n_features + n_pieces, *hidden, facts.n_outputs)
    weights = sum(inputs * outputs for inputs, outputs in pairwise(widths))
    row = _ROW_SECONDS + _UNIT_SECONDS * sum(hidden) + _WEIGHT_SECONDS * weights
    step = _BATCH_SECONDS + _WEIGHT_STEP_SECONDS * weights
    return _STOPPING * facts.n_rows * (row + step / _compute_batch(facts.n_rows))


def _shorten(parameters: Parameters, facts: Facts, seconds: float) -> Parameters:
    epochs = int(seconds / _estimate_epoch_seconds(parameters, facts))
    usual = _compute_epochs(facts.n_rows)
    return parameters if epochs >= usual else {**parameters, "most_epochs": max(epochs, _FEWEST_EPOCHS)}


def _compute_widths(parameters: Parameters) -> tuple[int, ...]:
    return tuple(max(8, parameters["width"] // 2**depth) for depth in range(parameters["layers"]))


def _compute_batch(n_rows: int) -> int:
    return min(max(n_rows // _BATCHES, min(_SMALLEST_BATCH, n_rows)), _LARGEST_BATCH)


def _compute_epochs(n_rows: int) -> int:
    n_batches = n_rows // _compute_batch(n_rows)
    least, most = min(_LEAST_STEPS / n_batches, _MOST_EPOCHS), max(_MOST_STEPS / n_batches, _LEAST_EPOCHS)
    return round(float(np.clip(_EPOCHS, least, most)))


def _build_descent(parameters: Parameters, options: FitOptions, n_rows: int) -> Descent:
    return Descent(
        hidden=_compute_widths(parameters),
        rate=parameters["learning_rate"],
        decay=parameters["decay"],
        dropout=parameters["dropout"],
        batch=_compute_batch(n_rows),
        epochs=min(_compute_epochs(n_rows), parameters.get("most_epochs", _MOST_EPOCHS)),
        link={"regression": "identity", "binary": "logistic", "multiclass": "softmax"}[options.kind],
        seed=options.seed,
    )


def _encode_targets(y: np.ndarray, kind: TaskKind) -> np.ndarray:
    """Return the target of the outputs, shape (n_rows, n_outputs)."""
    if kind == "multiclass":
        return np.asarray(np.eye(int(y.max()) + 1, dtype=np.float32)[y.astype(int)])
    return np.asarray(y.astype(np.float32)[:, None])


def _learn_until_best(
    learner: Learner, network: Any, stopping: StoppingRows, options: FitOptions
) -> tuple[int, list[np.ndarray]]:
    """Learn until the loss of the stopping rows stops falling, then restore the best weights.

    Return the best epoch, and the predictions of the stopping rows after each, unless they are too many.
    """
    least, best = np.inf, 0
    history: list[np.ndarray] = []
    n_values = learner.descent.epochs * len(stopping.y) * learner.biases[-1].size
    network.weights, network.biases = learner.weights, learner.biases
    weights, biases = learner.copy()
    for epoch in range(1, learner.descent.epochs + 1):
        is_complete = _run_epoch(learner, options)
        if options.kind == "regression":
            made = network.predict(stopping.X)
            loss = mean_squared_error(stopping.y, made, sample_weight=stopping.weights)
        else:
            made = network.predict_proba(stopping.X)
            labels = np.arange(made.shape[1])
            loss = log_loss(stopping.y, made, labels=labels, sample_weight=stopping.weights)
        if n_values <= MOST_RECORDED:
            history.append(made.astype(np.float32))
        if loss < least:
            least, best = loss, epoch
            weights, biases = learner.copy()
        if not is_complete or epoch - best >= _PATIENCE:
            break
    network.weights, network.biases = weights, biases
    return best, history


def _run_epoch(learner: Learner, options: FitOptions) -> bool:
    """Learn for an epoch; return whether there was time for all of it."""
    is_complete = learner.run_epoch(options.is_over)
    if not np.isfinite(learner.weights[-1]).all():
        raise ArithmeticError("a weight of the network is not finite")
    return is_complete


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    return estimate_view_ms(parameters) + _ROW_MS


FAMILY = Family(
    "Neural network",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    _estimate_row_ms,
    _shorten,
    most_rows=_MOST_ROWS,
    gains_from_bags=True,
)
