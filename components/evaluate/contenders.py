"""What the model is compared with: the best constant prediction and a linear model."""

import warnings
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


def predict_baseline(
    scorer: str, y: np.ndarray, n_rows: int, problem: Problem, weights: np.ndarray | None = None
) -> Contender:
    """Return the constant prediction that scores best on the training rows.

    The constants of a regression are the mean and the median. For classes they are the class shares, with
    the likeliest class as the decision, or in a binary task always or never the positive class.

    Parameters
    ----------
    scorer : str
        The main metric.
    y : ndarray of shape (n_train,)
        Encoded target of the training rows.
    n_rows : int
        Rows to predict.
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
        repeated = _repeat_constant(constant.predictions, len(y))
        value = score_all_rows(scorer, y, repeated, problem, constant.threshold, weights)
        return -np.inf if value is None else value

    best = max(constants, key=compute_training_score)
    return best._replace(predictions=_repeat_constant(best.predictions, n_rows))


def predict_linear_model(
    recipe: Pipeline,
    train: pd.DataFrame,
    y: np.ndarray,
    test: pd.DataFrame,
    problem: Problem,
    threshold: float | None,
    seed: int,
    weights: np.ndarray | None = None,
) -> Contender:
    """Return the predictions of a linear model with default parameters behind the same recipe.

    Of more than 100,000 rows it is fitted on so many, drawn at random; its title says so.

    Parameters
    ----------
    recipe : Pipeline
        The model's recipe, of which a copy is fitted.
    train, test : DataFrame of shape (n_rows, n_columns)
        Rows to fit on, see ``fit_recipe``, and to predict.
    y : ndarray of shape (n_train,)
        Encoded target of the training rows.
    problem : Problem
        The resolved problem.
    threshold : float or None
        The model's threshold, which the linear model uses too.
    seed : int
        Seed of the estimator.
    weights : ndarray of shape (n_train,), or None
        How much each training row counts; None if all count alike.
    """
    family = FAMILIES["linear"]
    title = family.title
    if len(train) > _MOST_ROWS_OF_LINEAR:
        title += f" of {_MOST_ROWS_OF_LINEAR:,} training rows"
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(train), _MOST_ROWS_OF_LINEAR, replace=False)
        if problem.kind != "regression":
            # The recipe's trees need each class that the rows have.
            rows = np.union1d(rows, np.unique(y, return_index=True)[1])
        rows = np.sort(rows)
        train, y = train.iloc[rows], y[rows]
        weights = None if weights is None else weights[rows]
    fitted = clone(recipe)
    matrix = fit_recipe(fitted, train, y, problem)
    fitting = FitOptions(problem.kind, problem.metric, seed, weights=weights)
    with warnings.catch_warnings():
        # A linear model that has not quite converged is still fair to compare with.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator = family.fit(matrix, y, family.portfolio[0], fitting, 0).estimator
    unseen = fitted.transform(test[list_required_columns(fitted)])
    if problem.kind == "regression":
        return Contender(title, np.asarray(estimator.predict(unseen)), None)
    probabilities = np.zeros((len(test), len(problem.classes)))
    # The estimator does not know a class without training rows, which keeps probability 0.
    probabilities[:, estimator.classes_] = estimator.predict_proba(unseen)
    return Contender(title, probabilities, threshold)


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


def _repeat_constant(constant: np.ndarray, n_rows: int) -> np.ndarray:
    return np.broadcast_to(constant, (n_rows, *constant.shape)).copy()
