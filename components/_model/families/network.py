"""A small neural network: scikit-learn's perceptron with Adam, stopped early on the rows a fold scores."""

from typing import Any

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

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
from components._model.families.view import suggest_view, through_view

_MOST_EPOCHS = 100
_PATIENCE = 10
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
_BATCHES = 40
_MOST_ROWS = 200_000

_PORTFOLIO: tuple[Parameters, ...] = (
    {
        "width": 256,
        "layers": 2,
        "learning_rate": 2e-3,
        "decay": 0.1,
        "scaling": "standard",
        "encoding": "one-hot",
    },
    {
        "width": 256,
        "layers": 1,
        "learning_rate": 2e-3,
        "decay": 0.1,
        "scaling": "normal",
        "encoding": "target",
    },
    {"width": 256, "layers": 3, "learning_rate": 1e-3, "decay": 0.1, "scaling": "standard"},
)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "width": trial.suggest_int("width", 32, 256, log=True),
        "layers": trial.suggest_int("layers", 1, 3),
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True),
        "decay": trial.suggest_float("decay", 1e-5, 1.0, log=True),
        **suggest_view(trial, facts),
    }


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, fitting: Fitting, until: Watched | int
) -> Fitted:
    is_regression = fitting.kind == "regression"
    layers = [parameters["width"] // 2**depth for depth in range(parameters["layers"])]
    network = (MLPRegressor if is_regression else MLPClassifier)(
        hidden_layer_sizes=tuple(max(8, width) for width in layers),
        alpha=parameters["decay"],
        learning_rate_init=parameters["learning_rate"],
        batch_size=int(np.clip(len(X) // _BATCHES, min(_SMALLEST_BATCH, len(X)), _LARGEST_BATCH)),
        # A number would shuffle the rows alike in every epoch, as each begins with it anew.
        random_state=np.random.RandomState(fitting.seed),
    )
    view = through_view(parameters, fitting, network)
    transform = view[:-1].fit(X, y) if view is not network else None
    seen = X if transform is None else transform.transform(X).astype(np.float32)
    # The loss of a network is in the unit of its target.
    centre, spread = (float(y.mean()), float(y.std()) or 1.0) if is_regression else (0.0, 1.0)
    target = (y - centre) / spread if is_regression else y
    if isinstance(until, int):
        _train(network, seen, target, until, fitting)
        steps = until
    else:
        watched = until.X if transform is None else transform.transform(until.X).astype(np.float32)
        steps = _train_watched(network, seen, target, Watched(watched, (until.y - centre) / spread), fitting)
    if is_regression:
        # In single precision a target far from 0 would lose the digits in which it varies.
        network.coefs_[-1] = network.coefs_[-1].astype(np.float64) * spread
        network.intercepts_[-1] = network.intercepts_[-1].astype(np.float64) * spread + centre
    # What only training needs.
    del network._optimizer, network._random_state
    network.random_state = fitting.seed
    return Fitted(view, steps)


def _train(network: Any, X: np.ndarray, y: np.ndarray, epochs: int, fitting: Fitting) -> None:
    for _ in range(epochs):
        _epoch(network, X, y, fitting)


def _train_watched(network: Any, X: np.ndarray, y: np.ndarray, watched: Watched, fitting: Fitting) -> int:
    """Train until the watched rows' loss stops falling, and go back to where it was least."""
    least, best, weights = np.inf, 0, None
    classes = np.unique(y)
    for epoch in range(1, _MOST_EPOCHS + 1):
        _epoch(network, X, y, fitting)
        if fitting.kind == "regression":
            loss = mean_squared_error(watched.y, network.predict(watched.X))
        else:
            loss = log_loss(watched.y, network.predict_proba(watched.X), labels=classes)
        if loss < least:
            least, best = loss, epoch
            weights = (
                [part.copy() for part in network.coefs_],
                [part.copy() for part in network.intercepts_],
            )
        if epoch - best >= _PATIENCE:
            break
    if weights is None:
        raise ArithmeticError("the network's loss is not a number")
    network.coefs_, network.intercepts_ = weights
    return best


def _epoch(network: Any, X: np.ndarray, y: np.ndarray, fitting: Fitting) -> None:
    if fitting.is_over():
        raise OutOfTime
    if fitting.kind == "regression":
        network.partial_fit(X, y)
    else:
        network.partial_fit(X, y, classes=np.unique(y))


def _is_offered(facts: Facts) -> bool:
    return facts.n_rows <= _MOST_ROWS and not facts.is_monotonic


FAMILY = Family("Neural network", _PORTFOLIO, _suggest, _fit, _is_offered, gains_from_bags=True)
