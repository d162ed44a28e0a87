"""The families of estimators that a sweep searches.

They differ in kind, because an ensemble gains from members that err on different rows: trees, lines,
neighbours, kernels, a neural network.
"""

from dataclasses import replace

import numpy as np
from sklearn.pipeline import Pipeline

from components._model.families import boosting, forest, kernel, linear, neighbours, network
from components._model.families.encodings import Columns, columns_of, suggest_encoding
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
from components._model.families.logarithm import LogarithmRegressor, learns_logarithm
from components._model.families.predicting import predictions

__all__ = [
    "FAMILIES",
    "Facts",
    "Family",
    "Fitted",
    "Fitting",
    "OutOfTime",
    "Parameters",
    "Trial",
    "Watched",
    "fit",
    "offered",
    "predictions",
    "suggest",
]

FAMILIES: dict[str, Family] = {
    "lightgbm": boosting.FAMILY,
    "linear": linear.FAMILY,
    "extra_trees": forest.FAMILY,
    "network": network.FAMILY,
    "kernel": kernel.FAMILY,
    "neighbours": neighbours.FAMILY,
}


def offered(facts: Facts) -> list[str]:
    """Return the families to search on such rows, in the order in which they are tried first."""
    return [name for name, family in FAMILIES.items() if family.is_offered(facts)]


def suggest(name: str, trial: Trial, facts: Facts) -> Parameters:
    """Return parameters of a family, and how columns are encoded that it may see in two ways."""
    return {**FAMILIES[name].suggest(trial, facts), **suggest_encoding(trial, facts)}


def fit(
    name: str,
    X: np.ndarray,
    y: np.ndarray,
    parameters: Parameters,
    fitting: Fitting,
    until: Watched | int,
) -> Fitted:
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
        What ``suggest`` returned, or some of the family's portfolio.
    fitting : Fitting
        How it is fitted.
    until : Watched or int
        See ``Family.fit``.

    Raises
    ------
    OutOfTime
        The time was spent.
    """
    if learns_logarithm(fitting.metric):
        of_y = replace(fitting, metric="neg_mean_squared_error")
        logarithms = until if isinstance(until, int) else Watched(until.X, np.log1p(until.y))
        fitted = fit(name, X, np.log1p(y), parameters, of_y, logarithms)
        return Fitted(LogarithmRegressor(fitted.estimator), fitted.steps)
    own = {key: value for key, value in parameters.items() if key != "encoding"}
    columns = columns_of(parameters.get("encoding"), fitting.alternatives)
    if columns is None:
        return FAMILIES[name].fit(X, y, own, fitting, until)
    seen = replace(fitting, alternatives=())
    if fitting.monotonic:
        seen = replace(seen, monotonic=tuple(np.array(fitting.monotonic)[columns].tolist()))
    watched = until if isinstance(until, int) else Watched(until.X[:, columns], until.y)
    fitted = FAMILIES[name].fit(X[:, columns], y, own, seen, watched)
    return Fitted(Pipeline([("columns", Columns(columns)), ("estimator", fitted.estimator)]), fitted.steps)
