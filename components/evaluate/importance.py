"""Permutation importance of the raw input columns (Breiman, Machine Learning 45, 2001)."""

import numpy as np
import pandas as pd

from components._model.package import Package
from components._model.statistics import on_all_rows
from components._problem.spec import Problem
from components.evaluate.measures import scorer_of
from components.evaluate.record import Importance

_REPEATS = 3
_MOST_ROWS = 1_000
_LEAST_ROWS = 200
# Rows of all columns together: a wide table is judged on fewer rows each, so that its time stays bounded.
_CELLS = 40_000


def permutation_importance(
    package: Package, rows: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int
) -> tuple[Importance, ...]:
    """Return how much the main metric worsens when one raw column is shuffled before the recipe.

    Parameters
    ----------
    package : Package
        The model.
    rows : DataFrame of shape (n_rows, n_columns)
        Raw test rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the sample of rows and of the permutations.

    Returns
    -------
    tuple of Importance
        One per input column, the most important first; empty where the metric is undefined on the rows.
    """
    rng = np.random.default_rng(seed)
    columns = list(package.signature.columns)
    rows, y = _sampled(rows[columns].reset_index(drop=True), y, len(columns), rng)
    scorer = scorer_of(problem.metric, problem)
    threshold = package.signature.threshold
    whole = on_all_rows(scorer, y, package.predict(rows), problem, threshold)
    if whole is None:
        return ()
    # All repeats of a column are predicted at once: most of a small table's time is the recipe's overhead.
    repeated = rows.iloc[np.tile(np.arange(len(rows)), _REPEATS)]
    found = []
    for column in columns:
        shuffled = np.concatenate([rng.permutation(len(rows)) for _ in range(_REPEATS)])
        predictions = package.predict(repeated.assign(**{column: rows[column].array.take(shuffled)}))
        scores = [
            on_all_rows(scorer, y, part, problem, threshold) for part in np.split(predictions, _REPEATS)
        ]
        drops = [whole - score for score in scores if score is not None]
        if drops:
            found.append(Importance(column, float(np.mean(drops)), float(np.std(drops))))
    return tuple(sorted(found, key=lambda item: -item.drop))


def _sampled(
    rows: pd.DataFrame, y: np.ndarray, n_columns: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    most = int(np.clip(_CELLS // max(n_columns, 1), _LEAST_ROWS, _MOST_ROWS))
    if len(rows) <= most:
        return rows, y
    chosen = np.sort(rng.choice(len(rows), most, replace=False))
    return rows.iloc[chosen].reset_index(drop=True), y[chosen]
