"""The folds of the sweep: how many, and their matrices."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES
from components._problem.spec import Problem
from components._recipe.recipe import fit_recipe, list_alternatives, list_directions, list_required_columns
from components._sweep.folds import Fold, FoldSet
from components._table.row_folds import Split, can_be_learned, describe_left_out, split_rows
from components._table.target import encode_target
from components._table.weights import read_weights
from components.errors import InvalidData, format_list
from components.machine import count_cpus
from components.processes import map_in_processes
from components.tune.time_planner import plan_time

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
    splits = choose_splits(frame, y, problem, seed)
    inputs = _FoldInputs(frame, y, weights, problem, recipe)
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

    frame: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray | None
    problem: Problem
    recipe: Pipeline


def _build_fold(inputs: _FoldInputs, split: Split) -> Fold:
    fit_rows, score_rows = split
    frame, y, weights, problem, recipe = inputs
    fold_recipe = clone(recipe)
    return Fold(
        X_fit=fit_recipe(fold_recipe, frame.iloc[fit_rows], y[fit_rows], problem),
        y_fit=y[fit_rows],
        X_score=fold_recipe.transform(frame[list_required_columns(recipe)].iloc[score_rows]),
        score_rows=score_rows,
        monotonic=np.array(list_directions(fold_recipe, problem), dtype=np.int64),
        alternatives=np.array(list_alternatives(fold_recipe), dtype="U8"),
        weights_fit=np.empty(0) if weights is None else weights[fit_rows],
    )


def choose_splits(frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int) -> list[Split]:
    """Return the rows to fit and to score on, fold by fold, as ``split_rows`` splits them.

    Few rows are split several times, because one partition says little. Of many rows only some folds are
    used. Folds without every class on both sides are left out.

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
    splits = [
        split
        for split in split_rows(frame, y, problem, _FOLDS, repeats, seed)
        if all(can_be_learned(y[rows], problem) for rows in split)
    ]
    if not splits:
        by = problem.event_time or problem.group
        raise InvalidData(
            f"The {len(frame):,} training rows cannot be split into folds{f' by {by!r}' if by else ''}"
            + (
                f" with every class of {problem.target!r} on both sides."
                if problem.kind != "regression"
                else "."
            ),
            "Add rows, merge rare classes, shorten the gap, or leave out event_time or group if rows are "
            "independent.",
        )
    # By time, the last fold fits on the most rows.
    return splits[-math.ceil(_SCORED_ROWS / max(len(splits[-1][1]), 1)) :]
