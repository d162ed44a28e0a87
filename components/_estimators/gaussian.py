"""Classes as normal distributions: regularised quadratic discriminant analysis (Friedman 1989)."""

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import ClassifierMixin

from components._compiled.predictions import apply_softmax, compute_class_outputs, to_probabilities
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
from components._estimators.prefit_estimator import PrefitEstimator
from components._estimators.view import add_view, estimate_view_ms, suggest_view

# A row of more coefficients would take longer than the rest of a model.
_MOST_COEFFICIENTS = 60_000
# A class's covariance counts as its rows, the covariance within all classes as so many more.
_SHRINKAGES = (3.0, 10.0, 30.0, 100.0, 300.0)
# Share of the mean variance that is added to each variance, for features that do not vary within a class.
_RIDGE = 1e-3
# More rows than these choose no better.
_ROWS_TO_CHOOSE = 4_000
# Bounds of the logarithm of the slope.
_SLOPES = (-5.0, 1.0)
# Fitted to the processor seconds of 11 fits: of a fit, of a product of two features of a row, and of a class
# of a row that chooses.
_FIT_SECONDS, _PRODUCT_SECONDS, _CHOICE_SECONDS = 5e-3, 2.9e-10, 2.1e-7
# Milliseconds of a compiled row, measured with 10 classes, and of each coefficient, measured with 50.
_ROW_MS, _COEFFICIENT_MS = 0.011, 4e-7
# A row without which its class would have no variance along it.
_LEAST_REST = 0.02

_PORTFOLIO: tuple[Parameters, ...] = (
    {"scaling": "standard", "encoding": "target"},
    {"scaling": "normal", "encoding": "target"},
)


class GaussianClassifier(ClassifierMixin, PrefitEstimator):  # type: ignore[misc]
    """Normal distributions of the classes.

    Parameters
    ----------
    factors, offsets, constants : ndarray
        See ``compute_class_outputs``.
    """

    def __init__(self, factors: np.ndarray, offsets: np.ndarray, constants: np.ndarray) -> None:
        self.factors = factors
        self.offsets = offsets
        self.constants = constants

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return to_probabilities(compute_class_outputs(X, self.factors, self.offsets, self.constants))


def _suggest(trial: Trial, facts: Facts) -> Parameters:
    return {**suggest_view(trial, facts), **suggest_class_weight(trial, facts)}


def _estimate_seconds(parameters: Parameters, facts: Facts) -> float:
    n_classes = max(facts.n_outputs, 2)
    n_products = min(facts.n_features**2, _MOST_COEFFICIENTS / n_classes)
    n_choices = len(_SHRINKAGES) * n_classes * min(facts.n_rows, _ROWS_TO_CHOOSE)
    # A quarter of the rows is compared with each class.
    per_row = _PRODUCT_SECONDS * n_products * (1 + n_classes / 4)
    return _FIT_SECONDS + per_row * facts.n_rows + _CHOICE_SECONDS * n_choices


def _fit(
    X: np.ndarray, y: np.ndarray, parameters: Parameters, options: FitOptions, until: StoppingRows | int
) -> FittedEstimator:
    counts = np.bincount(y.astype(int))
    most_features = int(np.sqrt(_MOST_COEFFICIENTS / len(counts)))
    percent = min(parameters.get("percent", 100), int(100 * most_features / X.shape[1]))
    estimator = GaussianClassifier(np.empty(0), np.empty(0), np.empty(0))
    view = add_view({**parameters, "percent": percent}, options, estimator)
    seen = X if view is estimator else view[:-1].fit_transform(X, y)
    classes = _Classes(seen.astype(np.float64), y.astype(int), counts)
    priors = np.log(counts / len(y))
    if parameters.get("class_weight") == "balanced":
        priors = np.zeros(len(counts))
    rows = np.random.default_rng(options.seed).permutation(len(y))[:_ROWS_TO_CHOOSE]
    choices = [classes.choose_slope(shrinkage, priors, rows) for shrinkage in _SHRINKAGES]
    best = int(np.argmin([loss for loss, _ in choices]))
    slope = choices[best][1]
    whitening, log_sizes = classes.compute_whitening(_SHRINKAGES[best])
    # The slope and the half of the distance are in the factors, so that a prediction has nothing to multiply.
    factors = whitening * np.sqrt(slope / 2)
    estimator.factors = np.concatenate(list(factors), axis=1)
    estimator.offsets = np.concatenate(list(np.einsum("kd,kde->ke", classes.means, factors)))
    estimator.constants = priors - slope * log_sizes
    return FittedEstimator(view)


class _Classes:
    """The means and covariances of the classes' rows."""

    def __init__(self, X: np.ndarray, y: np.ndarray, counts: np.ndarray) -> None:
        self._X, self._y, self._counts = X, y, counts
        n_features = X.shape[1]
        self.means = np.empty((len(counts), n_features))
        self._scatters = np.empty((len(counts), n_features, n_features))
        for i in range(len(counts)):
            own = X[y == i]
            self.means[i] = own.mean(axis=0)
            own -= self.means[i]
            self._scatters[i] = own.T @ own
        self._pooled = self._scatters.sum(axis=0) / len(X)
        self._ridge = (_RIDGE * np.trace(self._pooled) / n_features or 1.0) * np.eye(n_features)

    def compute_whitening(self, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what makes the rows of each class uncorrelated, and the logarithm of its spread.

        Returns
        -------
        whitening : ndarray of shape (n_classes, n_features, n_features)
            Of a row less its class's mean, the squared length is its squared distance.
        log_sizes : ndarray of shape (n_classes,)
            Half of the logarithms of the covariances' determinants.
        """
        scatters = self._scatters + shrinkage * self._pooled
        covariances = scatters / (self._counts + shrinkage)[:, None, None] + self._ridge
        values, axes = np.linalg.eigh(covariances)
        return axes / np.sqrt(values)[:, None, :], 0.5 * np.log(values).sum(axis=1)

    def choose_slope(self, shrinkage: float, priors: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
        """Return the least log loss of some rows, each left out of its class, and the slope that gives it.

        Rows that are not normally distributed have densities that differ too much; the slope is their power.
        """
        whitening, log_sizes = self.compute_whitening(shrinkage)
        X, y = self._X[rows], self._y[rows]
        squares = np.stack(
            [
                np.square((X - mean) @ of_class).sum(axis=1)
                for mean, of_class in zip(self.means, whitening, strict=True)
            ],
            axis=1,
        )
        densities = -0.5 * squares - log_sizes
        # Without a row its class's scatter is less by the row's square (Sherman and Morrison 1950).
        n, own = self._counts[y], squares[np.arange(len(y)), y]
        others = np.maximum(n - 1, 1)
        rest = np.maximum(1 - own * n / others / (n - 1 + shrinkage), _LEAST_REST)
        densities[np.arange(len(y)), y] = (
            -0.5 * own / rest * np.square(n / others) - log_sizes[y] - 0.5 * np.log(rest)
        )

        def compute_loss(log_slope: float) -> float:
            made = apply_softmax(np.exp(log_slope) * densities + priors)
            return float(-np.log(np.maximum(made[np.arange(len(y)), y], 1e-15)).mean())

        found = minimize_scalar(compute_loss, bounds=_SLOPES, method="bounded", options={"xatol": 0.05})
        return float(found.fun), float(np.exp(found.x))


def _estimate_row_ms(parameters: Parameters, facts: Facts, steps: float) -> float:
    n_coefficients = facts.n_features**2 * facts.n_outputs
    return estimate_view_ms(parameters) + _ROW_MS + _COEFFICIENT_MS * n_coefficients


FAMILY = Family(
    "Normal classes",
    _PORTFOLIO,
    _suggest,
    _fit,
    _estimate_seconds,
    _estimate_row_ms,
    kinds=("binary", "multiclass"),
    supports_weights=False,
)
