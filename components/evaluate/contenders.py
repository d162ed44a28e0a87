"""What the model is compared with: the best constant prediction and a linear model."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES, FitOptions
from components._metrics.statistics import score_all_rows
from components._problem.spec import Problem
from components._recipe.recipe import fit_recipe, list_required_columns
from components._table.chosen_rows import choose_row_numbers
from components._table.target import order_classes

_ALWAYS, _NEVER = 0.0, 2.0
# More rows hardly change a linear model, and a million take longer than all else of the evaluation.
_MOST_ROWS_OF_LINEAR = 100_000


class Contender(NamedTuple):
    """Predictions to compare.

    Attributes
    ----------
    title : str
        What made them, in words.
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    threshold : float or None
        Least probability of the positive class at which it is predicted; None for the likeliest class.
    """

    title: str
    predictions: np.ndarray
    threshold: float | None


def choose_constant(
    scorer: str, y: np.ndarray, problem: Problem, weights: np.ndarray | None = None
) -> Contender:
    """Return the constant prediction for one row that scores best on the training rows.

    The constants of a regression are the mean and the median. For classes they are the class shares, with
    the likeliest class as the decision, or in a binary task always or never the positive class.

    Parameters
    ----------
    scorer : str
        The main metric.
    y : ndarray of shape (n_train,)
        Encoded target of the training rows.
    problem : Problem
        The resolved problem.
    weights : ndarray of shape (n_train,), or None
        How much each training row counts; None if all count alike.
    """
    constants = (
        _list_constant_values(y, weights)
        if problem.kind == "regression"
        else _list_constant_shares(y, problem, weights)
    )

    def compute_training_score(constant: Contender) -> float:
        repeated = repeat_constant(constant, len(y)).predictions
        value = score_all_rows(scorer, y, repeated, problem, constant.threshold, weights)
        return -np.inf if value is None else value

    return max(constants, key=compute_training_score)


def repeat_constant(constant: Contender, n_rows: int) -> Contender:
    """Return a constant prediction for so many rows."""
    shape = (n_rows, *constant.predictions.shape)
    return constant._replace(predictions=np.broadcast_to(constant.predictions, shape).copy())


class LinearModel(NamedTuple):
    """A linear model with default parameters behind the recipe of the model.

    Attributes
    ----------
    title : str
        The family's title.
    n_rows : int
        Training rows that it was fitted on.
    predict : callable
        From raw rows to probabilities, shape (n_rows, n_classes), or the values of a regression, (n_rows,).
    """

    title: str
    n_rows: int
    predict: Callable[[pd.DataFrame], np.ndarray]


def choose_linear_rows(y: np.ndarray, problem: Problem, seed: int) -> np.ndarray:
    """Return the numbers of the training rows to fit a linear model on, ascending; at most about 100,000.

    Parameters
    ----------
    y : ndarray of shape (n_train,)
        Encoded target of the training rows.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the choice.
    """
    rows = choose_row_numbers(len(y), _MOST_ROWS_OF_LINEAR, seed)
    if problem.kind != "regression" and len(rows) < len(y):
        # The recipe's trees need each class that the rows have.
        rows = np.union1d(rows, np.unique(y, return_index=True)[1])
    return rows


def fit_linear_model(
    recipe: Pipeline,
    train: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    seed: int,
    weights: np.ndarray | None = None,
) -> LinearModel:
    """Fit a linear model with default parameters behind the same recipe.

    Parameters
    ----------
    recipe : Pipeline
        The model's recipe, of which a copy is fitted.
    train : DataFrame of shape (n_rows, n_columns)
        Rows to fit on, see ``fit_recipe``.
    y : ndarray of shape (n_rows,)
        Encoded target of these rows.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the estimator.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    family = FAMILIES["linear"]
    fitted = clone(recipe)
    matrix = fit_recipe(fitted, train, y, problem)
    fitting = FitOptions(problem.kind, problem.metric, seed, weights=weights)
    with warnings.catch_warnings():
        # A linear model that has not quite converged is still fair to compare with.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator = family.fit(matrix, y, family.portfolio[0], fitting, 0).estimator
    columns = list_required_columns(fitted)

    def predict(rows: pd.DataFrame) -> np.ndarray:
        unseen = fitted.transform(rows[columns])
        if problem.kind == "regression":
            return np.asarray(estimator.predict(unseen))
        probabilities = np.zeros((len(rows), len(problem.classes)))
        # The estimator does not know a class without training rows, which keeps probability 0.
        probabilities[:, estimator.classes_] = estimator.predict_proba(unseen)
        return probabilities

    return LinearModel(family.title, len(train), predict)


def _list_constant_values(y: np.ndarray, weights: np.ndarray | None) -> list[Contender]:
    values = {"mean": np.average(y, weights=weights), "median": _compute_median(y, weights)}
    return [
        Contender(f"Always the {name} of the training rows", np.asarray(value), None)
        for name, value in values.items()
    ]


def _compute_median(y: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is None:
        return float(np.median(y))
    order = np.argsort(y)
    reached = np.cumsum(weights[order])
    return float(y[order][np.searchsorted(reached, reached[-1] / 2)])


def _list_constant_shares(y: np.ndarray, problem: Problem, weights: np.ndarray | None) -> list[Contender]:
    counts = np.bincount(y, weights, minlength=len(problem.classes))
    shares = counts / counts.sum()
    classes = order_classes(problem)
    likeliest = classes[int(shares.argmax())]
    title = "Class shares of the training rows, always predicting"
    if problem.kind == "multiclass":
        return [Contender(f"{title} {likeliest}", shares, None)]
    constants = [
        Contender(f"{title} {label}", shares, threshold)
        for label, threshold in zip(classes, (_NEVER, _ALWAYS), strict=True)
    ]
    # If the metric ignores decisions, both score the same and the first one is used.
    return constants if shares[0] >= shares[1] else constants[::-1]
