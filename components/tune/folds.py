"""Which training rows each fold fits and scores on, and their matrices."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from components._model.folds import Fold, FoldSet
from components._model.recipe import required_columns
from components._model.target import encode
from components._problem.spec import Problem
from components._table.storage import row_hashes
from components.errors import InvalidData

Split = tuple[np.ndarray, np.ndarray]

_MANY_ROWS = 50_000


def fold_set(frame: pd.DataFrame, problem: Problem, recipe: Pipeline, seed: int) -> FoldSet:
    """Prepare the matrices of every fold, the recipe cloned and refitted on each fold's own rows.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, with the columns that the recipe and the problem name.
    problem : Problem
        The resolved problem.
    recipe : Pipeline
        The recipe, fitted or not; it is not changed.
    seed : int
        Seed of the folds.

    Raises
    ------
    InvalidData
        The rows cannot be cut into folds that all have every class.
    """
    y = encode(frame[problem.target], problem)
    columns = frame[required_columns(recipe)]
    folds = []
    for fit_rows, score_rows in split_rows(frame, y, problem, seed):
        fold_recipe = clone(recipe)
        folds.append(
            Fold(
                X_fit=fold_recipe.fit_transform(columns.iloc[fit_rows], y[fit_rows]),
                y_fit=y[fit_rows],
                X_score=fold_recipe.transform(columns.iloc[score_rows]),
                score_rows=score_rows,
            )
        )
    return FoldSet(problem, y, folds)


def split_rows(frame: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int) -> list[Split]:
    """Return the rows to fit and to score on, fold by fold.

    By the problem's event time each fold scores on rows later than those it fits on; by its group all rows
    of a group fall into one fold; otherwise at random, stratified by class, with equal rows in one fold.

    Returns
    -------
    list of (fit_rows, score_rows)
        Sorted positions in ``frame``.
    """
    n_folds = 5 if len(frame) <= _MANY_ROWS else 3
    is_class = problem.kind != "regression"
    if problem.event_time is not None:
        splits = _by_time(frame[problem.event_time].to_numpy(), n_folds)
    elif problem.group is not None:
        groups = pd.factorize(frame[problem.group])[0]
        kinds = StratifiedGroupKFold if is_class else GroupKFold
        n_folds = min(n_folds, int(groups.max()) + 1)
        splits = list(kinds(n_folds, shuffle=True, random_state=seed).split(y, y, groups))
    else:
        # Equal rows on both sides would let a model recognise what it is scored on.
        _, first, twin = np.unique(row_hashes(frame), return_index=True, return_inverse=True)
        smallest = int(np.bincount(y[first]).min()) if is_class else len(first)
        n_folds = min(n_folds, smallest)
        if n_folds < 2:
            raise InvalidData(
                f"A class of {problem.target!r} has only {smallest} distinct training row.",
                "Add rows of that class, merge it with another, or drop it.",
            )
        plain = StratifiedKFold if is_class else KFold
        unique = plain(n_folds, shuffle=True, random_state=seed).split(first, y[first])
        splits = [
            (np.flatnonzero(np.isin(twin, fit)), np.flatnonzero(np.isin(twin, score)))
            for fit, score in unique
        ]
    return _with_every_class(splits, y, problem) if is_class else splits


def _by_time(times: np.ndarray, n_folds: int) -> list[Split]:
    moments = np.unique(times)
    # The first share of the moments is only ever fitted on; equal moments stay together.
    bounds = moments[np.linspace(0, len(moments), n_folds + 2).astype(int)[1:-1]]
    splits = []
    for start, end in zip(bounds, [*bounds[1:], None], strict=True):
        later = times >= start if end is None else (times >= start) & (times < end)
        splits.append((np.flatnonzero(times < start), np.flatnonzero(later)))
    return [(fit, score) for fit, score in splits if len(fit) and len(score)]


def _with_every_class(splits: list[Split], y: np.ndarray, problem: Problem) -> list[Split]:
    n_classes = len(problem.classes)
    whole = [
        (fit, score)
        for fit, score in splits
        if np.unique(y[fit]).size == n_classes and np.unique(y[score]).size == n_classes
    ]
    if not whole:
        by = problem.event_time or problem.group or problem.target
        raise InvalidData(
            f"Cut by {by!r}, no fold has every class of {problem.target!r} on both sides.",
            "Merge rare classes, or leave out event_time or group where rows are independent.",
        )
    return whole
