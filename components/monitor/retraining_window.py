"""Which rows a new model should learn from: those of the log alone, or the older training rows as well.

After a change of the relation between columns and target, older rows teach what no longer holds; after a
shift of the columns alone they still help. The choice is made as by Klinkenberg and Joachims (Detecting
concept drift with support vector machines, ICML 2000): by the error of a model of each on the newest rows.
"""

from typing import NamedTuple

import numpy as np

from components._problem.spec import Problem
from components._report.formats import format_value
from components.monitor.density_ratio import encode_columns, fit_trees, predict_rows
from components.monitor.rows import PredictedRows

# The share of the rows that the choice is judged by.
_JUDGED = 0.3
# With fewer rows to fit on, the older rows are not given up.
_LEAST_ROWS = 100
_STEPS = 100
# Standard errors by which the rows of the log alone must be better.
_SURE = 2.0
_SMALLEST = 1e-6


class WindowChoice(NamedTuple):
    """The rows to learn from.

    Attributes
    ----------
    uses_older : bool
        Whether the older rows are among them.
    reason : str
        Why, as a sentence.
    """

    uses_older: bool
    reason: str


def choose_window(older: PredictedRows, logged: PredictedRows, problem: Problem, seed: int) -> WindowChoice:
    """Return whether older rows still help to predict the newest ones.

    A few small trees are fitted to the first part of the logged rows, with and without the older ones, and
    compared on the rest.

    Parameters
    ----------
    older : PredictedRows
        Rows of the last training.
    logged : PredictedRows
        Labelled rows of the log, the oldest first; none that test the new model.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the trees.
    """
    n_fitted = round(len(logged) * (1 - _JUDGED))
    if n_fitted < _LEAST_ROWS:
        return WindowChoice(True, f"{n_fitted} rows of the log are too few to do without older rows.")
    (old, new), categorical = encode_columns((older, logged), logged.columns.columns.tolist())
    X_old, X_new, X_judged = old, new[:n_fitted], new[n_fitted:]
    y_new, y_judged = logged.truth[:n_fitted], logged.truth[n_fitted:]
    both = _measure_losses(
        np.vstack([X_old, X_new]), np.concatenate([older.truth, y_new]), X_judged, y_judged, problem,
        categorical, seed,
    )  # fmt: skip
    alone = _measure_losses(X_new, y_new, X_judged, y_judged, problem, categorical, seed)
    gain = both - alone
    is_surely_better = gain.mean() > _SURE * gain.std(ddof=1) / np.sqrt(len(gain))
    unit = "log loss" if problem.classes else "mean squared error"
    figures = (
        f"{unit} on the newest {len(gain):,} rows {format_value(float(alone.mean()))} without them, "
        f"{format_value(float(both.mean()))} with"
    )
    if is_surely_better:
        return WindowChoice(False, f"Older rows make a quick model worse: {figures}.")
    return WindowChoice(True, f"Older rows do not make a quick model worse: {figures}.")


def _measure_losses(
    X: np.ndarray,
    y: np.ndarray,
    X_judged: np.ndarray,
    y_judged: np.ndarray,
    problem: Problem,
    categorical: list[int],
    seed: int,
) -> np.ndarray:
    """Return the loss of each judged row by trees that are fitted to other rows."""
    n_classes = len(problem.classes)
    objective = {"objective": "multiclass", "num_class": n_classes} if n_classes else {"objective": "l2"}
    trees = fit_trees(X, y, np.ones(len(X)), objective, _STEPS, categorical, seed)
    predicted = predict_rows(trees, X_judged)
    if not n_classes:
        return np.asarray((predicted - y_judged) ** 2)
    chosen = predicted[np.arange(len(y_judged)), y_judged.astype(int)]
    return np.asarray(-np.log(np.maximum(chosen, _SMALLEST)))
