"""The families of estimators that a sweep searches.

An ensemble gains from members that err on different rows, so the families differ in kind: trees, linear
models, normal distributions, neighbours, kernels, a neural network.
"""

from dataclasses import replace

import numpy as np
from sklearn.pipeline import Pipeline

from components._estimators import boosting, forest, gaussian, kernel, linear, neighbours, network
from components._estimators.family import (
    Facts,
    Family,
    FitOptions,
    FittedEstimator,
    Parameters,
    StoppingRows,
    Trial,
    compute_most_row_ms,
)
from components._estimators.feature_subset import FeatureSubset, find_columns, suggest_encoding
from components._estimators.logarithm import LogarithmRegressor, learns_logarithm
from components._estimators.prediction import predict

__all__ = [
    "FAMILIES",
    "Facts",
    "Family",
    "FitOptions",
    "FittedEstimator",
    "Parameters",
    "StoppingRows",
    "Trial",
    "compute_most_row_ms",
    "fit",
    "list_suitable",
    "predict",
    "suggest",
]

FAMILIES: dict[str, Family] = {
    "lightgbm": boosting.FAMILY,
    "gaussian": gaussian.FAMILY,
    "linear": linear.FAMILY,
    "extra_trees": forest.FAMILY,
    "network": network.FAMILY,
    "kernel": kernel.FAMILY,
    "neighbours": neighbours.FAMILY,
}


def list_suitable(facts: Facts) -> list[str]:
    """Return the families to search on such rows, in the order in which their portfolios are tried."""
    return [name for name, family in FAMILIES.items() if family.is_suitable(facts)]


def suggest(name: str, trial: Trial, facts: Facts) -> Parameters:
    """Return a family's parameters, with the encoding of columns that have two."""
    return {**FAMILIES[name].suggest(trial, facts), **suggest_encoding(trial, facts)}


def fit(
    name: str,
    X: np.ndarray,
    y: np.ndarray,
    parameters: Parameters,
    options: FitOptions,
    until: StoppingRows | int,
) -> FittedEstimator:
    """Fit a family's estimator.

    Parameters
    ----------
    name : str
        Key of ``FAMILIES``.
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Encoded target.
    parameters : dict
        Result of ``suggest``, or an entry of the family's portfolio.
    options : FitOptions
        Options of the fit.
    until : StoppingRows or int
        See ``Family.fit``.
    """
    if learns_logarithm(options.metric):
        log_options = replace(options, metric="neg_mean_squared_error")
        log_until = until if isinstance(until, int) else until._replace(y=np.log1p(until.y))
        fitted = fit(name, X, np.log1p(y), parameters, log_options, log_until)
        predict_after = fitted.predict_after
        if predict_after is not None:
            fitted = fitted._replace(predict_after=lambda steps: np.expm1(predict_after(steps)))
        return fitted._replace(estimator=LogarithmRegressor(fitted.estimator))
    own = {key: value for key, value in parameters.items() if key != "encoding"}
    columns = find_columns(parameters.get("encoding"), options.alternatives)
    if columns is None:
        return FAMILIES[name].fit(X, y, own, options, until)
    own_options = replace(options, alternatives=())
    if options.monotonic:
        own_options = replace(own_options, monotonic=tuple(np.array(options.monotonic)[columns].tolist()))
    own_until = until if isinstance(until, int) else until._replace(X=until.X[:, columns])
    fitted = FAMILIES[name].fit(X[:, columns], y, own, own_options, own_until)
    subset = Pipeline([("columns", FeatureSubset(columns)), ("estimator", fitted.estimator)])
    return fitted._replace(estimator=subset)
