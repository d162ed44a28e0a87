"""Which training rows each fold fits and scores on, and their matrices."""

import math
import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES
from components._problem.spec import Problem
from components._recipe.recipe import list_alternatives, list_directions, list_required_columns
from components._sweep.folds import Fold, FoldSet
from components._table.separation import find_earlier, separate_groups
from components._table.storage import group_equal_rows
from components._table.target import encode_target
from components._table.weights import read_weights
from components.errors import InvalidData, format_list
from components.machine import count_cpus
from components.processes import map_in_processes
from components.tune.time_planner import plan_time

Split = tuple[np.ndarray, np.ndarray]

_FOLDS = 5
# So many scored rows tell trials apart; of a large table fewer folds have them.
_SCORED_ROWS = 10_000
# Up to so many rows the folds are repeated so often.
_REPEATS = ((500, 3), (2_000, 2))


def build_fold_set(
    frame: pd.DataFrame,
    problem: Problem,
    recipe: Pipeline,
    seed: int,
    budget_seconds: float,
    n_folds: int | None = None,
) -> FoldSet:
    """Prepare the matrices of every fold; the recipe is cloned and refitted on the rows of each fold.

    Of the folds, the last are used, as many as the budget allows; ``n_folds`` of them if it is given.

    Raises
    ------
    InvalidData
        The rows cannot be split into folds.
    """
    y = encode_target(frame[problem.target], problem)
    weights = read_weights(frame, problem)
    columns = frame[list_required_columns(recipe)]
    splits = split_rows(frame, y, problem, seed)
    inputs = _FoldInputs(columns, y, weights, problem, recipe)
    last = _build_fold(inputs, splits[-1])
    facts = FoldSet(problem, y, [last], weights=weights).facts
    most = min(n_folds or len(splits), len(splits))
    n_folds, plan = plan_time(facts, most, budget_seconds, least_folds=most if n_folds else 1)
    others = map_in_processes(_build_fold, inputs, splits[-n_folds:-1], count_cpus())
    notes = describe_left_out(splits[-n_folds:], frame, problem)
    if weights is not None:
        unable = [family.title for family in FAMILIES.values() if not family.supports_weights]
        notes.append(f"Families that cannot weigh rows are not tried: {format_list(unable)}.")
    return FoldSet(problem, y, [*others, last], plan, weights=weights, notes=tuple(notes))


class _FoldInputs(NamedTuple):
    """What the folds are made of."""

    columns: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray | None
    problem: Problem
    recipe: Pipeline


def _build_fold(inputs: _FoldInputs, split: Split) -> Fold:
    fit_rows, score_rows = split
    columns, y, weights, problem, recipe = inputs
    fold_recipe = clone(recipe)
    return Fold(
        X_fit=fold_recipe.fit_transform(columns.iloc[fit_rows], y[fit_rows]),
        y_fit=y[fit_rows],
        X_score=fold_recipe.transform(columns.iloc[score_rows]),
        score_rows=score_rows,
        monotonic=np.array(list_directions(fold_recipe, problem), dtype=np.int64),
        alternatives=np.array(list_alternatives(fold_recipe), dtype="U8"),
        weights_fit=np.empty(0) if weights is None else weights[fit_rows],
    )


def split_rows(frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int) -> list[Split]:
    """Return the rows to fit and to score on, fold by fold.

    With an event time, each fold scores rows that are later than those it fits on, by the problem's gap and,
    with a group, of other groups; rows are left out for both. With a group only, all rows of a group are in
    one fold. Otherwise rows are split at random, stratified by class, with copies of a row in one fold. Few
    rows are split several times, because one partition says little. Of many rows only some folds are used.

    Returns
    -------
    list of (fit_rows, score_rows)
        Sorted positions in ``frame``.

    Raises
    ------
    InvalidData
        There are not enough moments, groups or distinct rows, or no fold has every class on both sides.
    """
    repeats = next((times for up_to, times in _REPEATS if len(frame) <= up_to), 1)
    is_class = problem.kind != "regression"
    if problem.event_time is not None:
        splits = _split_by_time(frame[problem.event_time].to_numpy(), _FOLDS, problem.gap)
        if problem.group is not None:
            groups = pd.factorize(frame[problem.group], sort=True)[0]
            splits = _separate_groups(splits, groups, y if is_class else np.zeros(len(y), int), seed)
    elif problem.group is not None:
        groups = pd.factorize(frame[problem.group])[0]
        splits = [s for i in range(repeats) for s in _split_by_group(groups, y, _FOLDS, seed + i, is_class)]
    else:
        blocks = group_equal_rows(frame.drop(columns=problem.target))
        splits = [s for i in range(repeats) for s in _split_at_random(blocks, y, _FOLDS, seed + i, is_class)]
    splits = [split for split in splits if all(_can_be_learned(y[rows], problem) for rows in split)]
    if not splits:
        by = problem.event_time or problem.group
        raise InvalidData(
            f"The {len(frame):,} training rows cannot be split into folds{f' by {by!r}' if by else ''}"
            + (f" with every class of {problem.target!r} on both sides." if is_class else "."),
            "Add rows, merge rare classes, shorten the gap, or leave out event_time or group if rows are "
            "independent.",
        )
    # By time, the last fold fits on the most rows.
    return splits[-math.ceil(_SCORED_ROWS / max(len(splits[-1][1]), 1)) :]


def describe_left_out(splits: list[Split], frame: pd.DataFrame, problem: Problem) -> list[str]:
    """Return how many rows the folds leave out for the gap and the groups, as sentences.

    Parameters
    ----------
    splits : list of (fit_rows, score_rows)
        Result of ``split_rows``.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    problem : Problem
        The resolved problem.
    """
    causes = [f"the gap of {problem.gap}"] if problem.gap is not None else []
    causes += [f"different {problem.group!r}"] if problem.group is not None else []
    if problem.event_time is None or not causes:
        return []
    times = frame[problem.event_time].to_numpy()
    n_reached = sum(int((times <= times[score].max()).sum()) for _, score in splits)
    n_used = sum(len(fit) + len(score) for fit, score in splits)
    share = 1 - n_used / n_reached
    return [f"For {' and '.join(causes)}, the folds leave out {share:.1%} of their rows."]


def _split_by_time(times: np.ndarray, n_folds: int, gap: str | float | None = None) -> list[Split]:
    moments = np.unique(times)
    # The first share of the moments is never scored; equal moments stay together.
    bounds = moments[np.linspace(0, len(moments), n_folds + 2).astype(int)[1:-1]]
    splits = []
    for start, end in zip(bounds, [*bounds[1:], None], strict=True):
        later = times >= start if end is None else (times >= start) & (times < end)
        splits.append((np.flatnonzero(find_earlier(times, start, gap)), np.flatnonzero(later)))
    return [(fit, score) for fit, score in splits if len(fit) and len(score)]


def _separate_groups(splits: list[Split], groups: np.ndarray, y: np.ndarray, seed: int) -> list[Split]:
    """Return folds without the rows by which a group is on both sides."""
    generator = np.random.default_rng(seed)
    separate = []
    for rows in splits:
        earlier, later = (np.isin(np.arange(len(y)), side) for side in rows)
        fit, score = separate_groups(earlier, later, groups, y, generator)
        separate.append((np.flatnonzero(fit), np.flatnonzero(score)))
    return [(fit, score) for fit, score in separate if len(fit) and len(score)]


def _split_by_group(
    groups: np.ndarray, y: np.ndarray, n_folds: int, seed: int, is_class: bool
) -> list[Split]:
    n_folds = min(n_folds, int(groups.max()) + 1, _count_largest_class(y) if is_class else len(y))
    if n_folds < 2:
        return []
    kind = StratifiedGroupKFold if is_class else GroupKFold
    with warnings.catch_warnings():
        # It warns of a class with fewer rows than folds; split_rows leaves out the folds that lack it.
        warnings.simplefilter("ignore", UserWarning)
        return list(kind(n_folds, shuffle=True, random_state=seed).split(y, y, groups))


def _split_at_random(
    blocks: np.ndarray, y: np.ndarray, n_folds: int, seed: int, is_class: bool
) -> list[Split]:
    _, first, twin = np.unique(blocks, return_index=True, return_inverse=True)
    n_folds = min(n_folds, int(np.bincount(y[first]).min()) if is_class else len(first))
    if n_folds < 2:
        return []
    kind = StratifiedKFold if is_class else KFold
    unique = kind(n_folds, shuffle=True, random_state=seed).split(first, y[first])
    return [
        (np.flatnonzero(np.isin(twin, fit)), np.flatnonzero(np.isin(twin, score))) for fit, score in unique
    ]


def _count_largest_class(y: np.ndarray) -> int:
    return int(np.bincount(y).max())


def _can_be_learned(y: np.ndarray, problem: Problem) -> bool:
    """Return whether rows have every class, or more than one value."""
    if problem.kind == "regression":
        return bool((y != y[0]).any())
    return np.unique(y).size == len(problem.classes)
