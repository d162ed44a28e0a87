"""Linear models on approximated features of a Gaussian kernel: Nystroem (Williams and Seeger 2001)."""

import numpy as np
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

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
from components._estimators.linear import make_linear_model
from components._estimators.view import add_view, estimate_view_ms, suggest_view

_COMPONENTS = 400
_MOST_ROWS = 50_000
_BLOCK_ROWS = 2_000
# Fitted to the processor seconds of 43 fits: of a row, of a value, and of a row for each class.
_ROW_SECONDS, _VALUE_SECONDS, _CLASS_SECONDS = 1.1e-5, 1.6e-8, 8.4e-6
# Milliseconds of a compiled row, measured with 16 to 94 features.
_ROW_MS = 0.01

_PORTFOLIO: tuple[Parameters, ...] = ({"width": 1.0, "strength": 0.1, "scaling": "standard"},)


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {
        "width": trial.suggest_float("width", 0.2, 5.0, log=True),
        "strength": trial.suggest_float("strength", 1e-3, 1e1, log=True),
        **suggest_view(trial, facts),
        **suggest_class_weight(trial, facts),
    }


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    n_outputs = 0 if facts.kind == "regression" else facts.n_outputs
    return facts.n_rows * (_ROW_SECONDS + _VALUE_SECONDS * facts.n_features + _CLASS_SECONDS * n_outputs)


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    features = Nystroem(n_components=min(_COMPONENTS, len(X)), random_state=options.seed)
    last = make_linear_model(parameters, options)
    machine = Pipeline([("kernel", features), ("linear", last)])
    view = add_view(parameters, options, machine)
    seen = X if view is machine else view[:-1].fit_transform(X, y)
    # Rows of standardised features are about sqrt(2 * n_features) apart; the width is in this unit.
    features.set_params(gamma=1.0 / (2 * parameters["width"] ** 2 * seen.shape[1]))
    # The sample is nearly singular: in single precision a row's features would depend on the other rows.
    seen = seen.astype(np.float64)
    features.fit(seen)
    last.fit(_transform_blocks(features, seen), y, options.weights)
    _fold_weights(features, last)
    return FittedEstimator(view)


def _fold_weights(features: Nystroem, last: Ridge | LogisticRegression) -> None:
    """Let the features be the model's sums: one product of matrices less, which is most of a row's time."""
    coefficients = np.atleast_2d(last.coef_)
    features.normalization_ = coefficients @ features.normalization_
    last.coef_ = np.eye(len(coefficients)) if last.coef_.ndim == 2 else np.ones(1)
    last.n_features_in_ = len(coefficients)


def _transform_blocks(features: Nystroem, rows: np.ndarray) -> np.ndarray:
    """Transform block by block: a row needs the memory of its features twice."""
    transformed = np.empty((len(rows), features.n_components))
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        transformed[block] = features.transform(rows[block])
    return transformed


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    return estimate_view_ms(parameters) + _ROW_MS


FAMILY = Family(
    "Kernel machine", _PORTFOLIO, _suggest, _fit, _estimate_seconds, _estimate_row_ms, most_rows=_MOST_ROWS
)
