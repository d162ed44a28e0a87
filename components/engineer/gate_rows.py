"""The rows that the gate judges blocks on: a sample, and its folds."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.row_folds import split_rows
from components._table.storage import group_equal_rows
from components._table.time_folds import Split, can_be_learned
from components._table.weights import read_weights

# A leaf has 20 rows, so that with fewer rows a quick model learns nothing.
LEAST_FITTED = 40


class GateRows(NamedTuple):
    """The sample of the training rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n_rows,)
        Their positions among the training rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    weights : ndarray of float64, shape (n_rows,)
        How much each row counts, see ``read_weights``; 1 if all count alike.
    splits : list of (ndarray of int, ndarray of int)
        Positions in the sample to fit on and to score on, for each fold that a model can learn from.
    clusters : ndarray of int, shape (n_rows,)
        Rows with the same number are not independent of each other: by time, with or without groups, those
        that one fold scores (-1: not scored); else those of a group, or copies of a row.
    """

    rows: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    splits: list[Split]
    clusters: np.ndarray

    @property
    def scored(self) -> np.ndarray:
        """Positions in the sample of the rows that are scored, fold by fold, int of shape (n_scored,)."""
        return np.concatenate([score for _, score in self.splits])


def choose_rows(
    frame: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    n_rows: int,
    n_folds: int,
    repeats: int,
    seed: int,
) -> GateRows:
    """Draw a sample and split it as the sweep splits its rows, see ``split_rows``.

    The sample has at least ``n_folds`` rows of each class that has so many, so that each fold can have one.
    Folds with fewer than ``LEAST_FITTED`` rows to fit on, or without every class among them, are left out.
    """
    rng = np.random.default_rng(seed)
    rows = _draw_rows(y, n_rows, n_folds if problem.kind != "regression" else 0, rng)
    weights = read_weights(frame, problem)
    weights = np.ones(len(rows)) if weights is None else weights[rows]
    frame, y = frame.iloc[rows], y[rows]
    splits = [
        (fit, score)
        for fit, score in split_rows(frame, y, problem, n_folds, repeats, seed)
        if len(fit) >= LEAST_FITTED and can_be_learned(y[fit], problem)
    ]
    return GateRows(rows, y, weights, splits, _find_clusters(frame, problem, splits))


def explain_few_folds(problem: Problem, n_rows: int) -> str:
    """Return why a sample of so many rows is no use: fewer than two of its folds can be learned from."""
    by = problem.event_time or problem.group
    target = f"{'two values' if problem.kind == 'regression' else 'every class'} of {problem.target!r}"
    return (
        f"A sample of {n_rows:,} rows{f', split by {by!r},' if by else ''} has fewer than two folds with "
        f"{target} among at least {LEAST_FITTED} rows to fit on."
    )


def _draw_rows(y: np.ndarray, n_rows: int, least_of_class: int, rng: np.random.Generator) -> np.ndarray:
    """Return sorted positions of rows drawn at random, ``least_of_class`` of each class before all others."""
    order = rng.permutation(len(y))
    if least_of_class:
        is_later = pd.Series(y[order]).groupby(y[order]).cumcount().to_numpy() >= least_of_class
        order = order[np.argsort(is_later, kind="stable")]
    return np.sort(order[:n_rows])


def _find_clusters(frame: pd.DataFrame, problem: Problem, splits: list[Split]) -> np.ndarray:
    if problem.event_time is not None:
        # What holds in one period may not hold in the next. A group is mostly scored in one fold.
        clusters = np.full(len(frame), -1)
        for i, (_, score) in enumerate(splits):
            clusters[score] = i
        return clusters
    if problem.group is not None:
        return pd.factorize(frame[problem.group])[0]
    return group_equal_rows(frame.drop(columns=problem.target))
