"""The folds of the sweep: how many, and their matrices."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES
from components._problem.spec import Problem
from components._recipe.recipe import fit_recipe, list_alternatives, list_directions, list_required_columns
from components._sweep.folds import Fold, FoldSet
from components._table.row_folds import choose_splits, describe_left_out
from components._table.target import encode_target
from components._table.time_folds import Split
from components._table.weights import read_weights
from components.errors import format_list
from components.machine import count_cpus
from components.processes import map_in_processes
from components.tune.time_planner import plan_time


def build_fold_set(
    frame: pd.DataFrame,
    problem: Problem,
    recipe: Pipeline,
    seed: int,
    budget_seconds: float,
    n_folds: int | None = None,
    all_rows: int | None = None,
) -> FoldSet:
    """Prepare the matrices of every fold; the recipe is cloned and refitted on the rows of each fold.

    Of the folds, the last are used, as many as the budget allows; ``n_folds`` of them if it is given.
    ``all_rows`` is the number of training rows if ``frame`` is a sample of them.

    Raises
    ------
    InvalidData
        The rows cannot be split into folds.
    """
    y = encode_target(frame[problem.target], problem)
    weights = read_weights(frame, problem)
    splits, notes = choose_splits(frame, y, problem, seed)
    inputs = _FoldInputs(frame, y, weights, problem, recipe)
    last = _build_fold(inputs, splits[-1])
    facts = FoldSet(problem, y, [last], weights=weights).facts
    most = min(n_folds or len(splits), len(splits))
    n_folds, plan = plan_time(
        facts,
        most,
        budget_seconds,
        least_folds=most if n_folds else 1,
        n_columns=len(list_required_columns(recipe)),
        all_rows=all_rows,
    )
    others = map_in_processes(_build_fold, inputs, splits[-n_folds:-1], count_cpus())
    notes += describe_left_out(splits[-n_folds:], frame, problem)
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
