"""Folds by time, and the folds of a partition in which a model can be learned and judged."""

import math
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.separation import find_earlier, separate_groups
from components._table.target import order_classes
from components.errors import InvalidData, format_count, format_list

Split = tuple[np.ndarray, np.ndarray]

# Folds of one partition of the rows.
N_FOLDS = 5


class SweepSplits(NamedTuple):
    """The rows of a sweep's folds.

    Attributes
    ----------
    splits : list of (fit_rows, score_rows)
        Sorted positions in the training rows, fold by fold; at least one.
    notes : list of str
        Which folds are left out, and why, as sentences.
    """

    splits: list[Split]
    notes: list[str]


def choose_learnable(
    splits: list[Split], frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int
) -> SweepSplits:
    """Return the folds that have every class on both sides, or two values of a number.

    If by time none has, there is one other fold, if any time divides the rows so.

    Parameters
    ----------
    splits : list of (fit_rows, score_rows)
        Sorted positions in ``frame``.
    frame : DataFrame of shape (n_rows, n_columns)
        The training rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the choice of rows that are left out for groups.

    Raises
    ------
    InvalidData
        There is no such fold.
    """
    learnable = _select_learnable(splits, y, problem)
    notes = []
    lack = "one side has only one value" if problem.kind == "regression" else "one side lacks a class"
    if learnable and len(learnable) < len(splits):
        n_left_out = len(splits) - len(learnable)
        notes.append(f"{n_left_out} of {len(splits)} folds are left out, because {lack}.")
    elif not learnable and problem.event_time is not None:
        learnable = _split_where_learnable(frame, y, problem, seed)
        for fit, score in learnable:
            notes.append(
                f"Only one fold: it fits on the first {format_count(len(fit), 'row')} and scores "
                f"{format_count(len(score), 'later row')}, because in every usual fold {lack}."
            )
    if not learnable:
        raise _explain_no_splits(frame, y, problem, splits)
    return SweepSplits(learnable, notes)


def split_by_time(
    frame: pd.DataFrame, y: np.ndarray, problem: Problem, n_folds: int, seed: int
) -> list[Split]:
    """Return folds that score later rows than they fit on, see ``split_rows``; a side may be empty."""
    moments = np.unique(frame[problem.event_time].to_numpy())
    # The first share of the moments is never scored.
    bounds = moments[np.linspace(0, len(moments), n_folds + 2).astype(int)[1:-1]]
    return _split_at(bounds, frame, y, problem, seed)


def can_be_learned(y: np.ndarray, problem: Problem) -> bool:
    """Return whether rows, of which there is at least one, have every class, or more than one value."""
    if problem.kind == "regression":
        return bool((y != y[0]).any())
    return np.unique(y).size == len(problem.classes)


def _select_learnable(splits: list[Split], y: np.ndarray, problem: Problem) -> list[Split]:
    return [
        split for split in splits if all(len(rows) and can_be_learned(y[rows], problem) for rows in split)
    ]


def _split_where_learnable(frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int) -> list[Split]:
    """Return one fold by time with every class on both sides; none if there is no such fold.

    The later a fold begins, the more rows it has to fit on, and the fewer to score. This one begins in the
    middle of the times at which both are enough, none of which is earlier than the usual folds.
    """
    times = frame[problem.event_time].to_numpy()
    moments = np.unique(times)
    least = math.ceil(len(moments) / (N_FOLDS + 1))
    possible = range(least, len(moments))

    def can_fit(place: int) -> bool:
        rows = find_earlier(times, moments[place], problem.gap)
        return bool(rows.any()) and can_be_learned(y[rows], problem)

    def can_score(place: int) -> bool:
        return can_be_learned(y[times >= moments[place]], problem)

    first = least + bisect_left(possible, True, key=can_fit)
    end = least + bisect_left(possible, True, key=lambda place: not can_score(place))
    if first >= end:
        return []
    bounds = moments[[(first + end) // 2]]
    return _select_learnable(_split_at(bounds, frame, y, problem, seed), y, problem)


def _explain_no_splits(
    frame: pd.DataFrame, y: np.ndarray, problem: Problem, tried: list[Split]
) -> InvalidData:
    roles = [role for role in ("event_time", "group") if getattr(problem, role) is not None]
    rows = format_count(len(frame), "training row")
    remedy = "Add rows" if problem.gap is None else "Add rows, or shorten the gap"
    remedy += f", or remove {' or '.join(roles)}" if roles else ""
    if problem.kind == "regression" and (y == y[0]).all():
        return InvalidData(f"{problem.target!r} has only one value in {rows}: {y[0]:g}.", f"{remedy}.")
    what = ""
    if problem.kind != "regression":
        what = f" with rows of class {format_list(_list_lacking(y, problem, tried))} on both sides"
    if problem.kind == "multiclass":
        remedy += ", or merge rare classes"
    by = f" by {' and '.join(repr(getattr(problem, role)) for role in roles)}" if roles else ""
    return InvalidData(f"{rows} cannot be split into folds{by}{what}.", f"{remedy}.")


def _list_lacking(y: np.ndarray, problem: Problem, tried: list[Split]) -> list[str]:
    """Return the classes that every fold lacks on a side; those that any lacks, if there is none."""
    classes = order_classes(problem)
    missing = [
        {code for rows in split for code in range(len(classes)) if not (y[rows] == code).any()}
        for split in tried
    ]
    # No folds at random: too few different rows of a class.
    lacking = set.intersection(*missing) or set.union(*missing) if tried else {int(np.bincount(y).argmin())}
    return [repr(classes[code]) for code in sorted(lacking)]


def _split_at(
    bounds: np.ndarray, frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int
) -> list[Split]:
    """Return a fold for each bound, which scores from it up to the next; equal moments stay together."""
    times = frame[problem.event_time].to_numpy()
    splits = []
    for start, end in zip(bounds, [*bounds[1:], None], strict=True):
        later = times >= start if end is None else (times >= start) & (times < end)
        splits.append((np.flatnonzero(find_earlier(times, start, problem.gap)), np.flatnonzero(later)))
    if problem.group is None:
        return splits
    groups = pd.factorize(frame[problem.group], sort=True)[0]
    return _separate_groups(
        splits, groups, y if problem.kind != "regression" else np.zeros(len(y), int), seed
    )


def _separate_groups(splits: list[Split], groups: np.ndarray, y: np.ndarray, seed: int) -> list[Split]:
    """Return folds without the rows by which a group is on both sides."""
    generator = np.random.default_rng(seed)
    separate = []
    for rows in splits:
        earlier, later = (np.isin(np.arange(len(y)), side) for side in rows)
        fit, score = separate_groups(earlier, later, groups, y, generator)
        separate.append((np.flatnonzero(fit), np.flatnonzero(score)))
    return separate
