"""The rows that the gate judges blocks on: a sample, and its folds."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.storage import group_equal_rows

Split = tuple[np.ndarray, np.ndarray]


class GateRows(NamedTuple):
    """The sample of the training rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n_rows,)
        Their positions among the training rows.
    splits : list of (ndarray of int, ndarray of int)
        Positions in the sample to fit on and to score on, for each fold.
    clusters : ndarray of int, shape (n_rows,)
        Rows with the same number are not independent of each other: those of a group, copies of a row, and
        by time those that one fold scores.
    """

    rows: np.ndarray
    splits: list[Split]
    clusters: np.ndarray


def choose_rows(
    frame: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    n_rows: int,
    n_folds: int,
    repeats: int,
    seed: int,
) -> GateRows:
    """Draw a sample and split it as the sweep splits its rows: by time, by group, or at random.

    By time, each fold fits on the rows before those that it scores. Else the rows of a group, or copies of
    a row, are in one fold, classes or values of the target are spread evenly over the folds, and the rows
    are split ``repeats`` times.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(frame))[:n_rows])
    frame, y = frame.iloc[rows], y[rows]
    if problem.event_time is not None:
        times = frame[problem.event_time].to_numpy()
        clusters = _cut_evenly(times, n_folds + 1)
        splits = [
            (np.flatnonzero(clusters < i), np.flatnonzero(clusters == i)) for i in range(1, n_folds + 1)
        ]
    else:
        if problem.group is not None:
            clusters = pd.factorize(frame[problem.group], use_na_sentinel=False)[0]
        else:
            clusters = pd.factorize(group_equal_rows(frame.drop(columns=problem.target)))[0]
        splits = []
        for _ in range(repeats):
            folds = _assign_folds(clusters, y, n_folds, rng)[clusters]
            splits += [(np.flatnonzero(folds != i), np.flatnonzero(folds == i)) for i in range(n_folds)]
    return GateRows(rows, [split for split in splits if all(map(len, split))], clusters)


def _cut_evenly(times: np.ndarray, n_parts: int) -> np.ndarray:
    """Return the part of each row, of parts with about equally many rows; equal times are in one part."""
    starts = np.sort(times)[np.arange(1, n_parts) * len(times) // n_parts]
    return np.searchsorted(starts, times, side="right")


def _assign_folds(clusters: np.ndarray, y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return the fold of each cluster: in the order of the target, each fold gets one of ``n_folds``."""
    _, first = np.unique(clusters, return_index=True)
    by_target = np.lexsort([rng.random(len(first)), y[first]])
    folds = np.empty(len(first), dtype=np.int64)
    folds[by_target] = np.concatenate([rng.permutation(n_folds) for _ in range(-(-len(first) // n_folds))])[
        : len(first)
    ]
    return folds
