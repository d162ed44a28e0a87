"""Permutation importance of the raw input columns (Breiman, Machine Learning 45, 2001).

A recipe makes features row by row. When a column is shuffled, only the features that are made of it are
computed again.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._compiled.columns import ColumnarRecipe
from components._compiled.steps import Columns, Strings
from components._metrics.scores import resolve_scorer
from components._metrics.statistics import score_all_rows
from components._model.package import Package
from components._problem.spec import Problem
from components._recipe.model_input import to_columns
from components._table.chosen_rows import choose_row_numbers
from components.evaluate.evaluation import Importance

_REPEATS = 3
_MOST_ROWS = 1_000
_LEAST_ROWS = 200
# Rows times columns: a wide table gets fewer rows, so that a large ensemble needs few seconds.
_CELLS = 12_000
# Rows times features that are predicted at once.
_CELLS_TOGETHER = 4_000_000


def compute_permutation_importance(
    package: Package,
    rows: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    rng: np.random.Generator,
    weights: np.ndarray | None = None,
) -> tuple[Importance, ...]:
    """Return how much the main metric worsens when one raw column is shuffled before the recipe.

    Parameters
    ----------
    package : Package
        The model.
    rows : DataFrame of shape (n_rows, n_columns)
        Raw test rows: all of them, or those of ``choose_shuffled_rows``.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    rng : Generator
        Draws the permutations.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.

    Returns
    -------
    tuple of Importance
        One per input column, the most important first; empty if the metric is undefined on the rows.
    """
    columns = list(package.signature.columns)
    rows = rows[columns]
    scorer = resolve_scorer(problem.metric, problem)
    threshold = package.signature.threshold
    features = np.asarray(package.pipeline[:-1].transform(rows))
    recipe = ColumnarRecipe({name: step.export() for name, step in package.pipeline.steps[:-1]})
    values = to_columns(rows, package.signature.columns)
    positions = {column: recipe.list_positions(column) for column in columns}
    unshuffled = score_all_rows(scorer, y, package.predict_features(features), problem, threshold, weights)
    if unshuffled is None:
        return ()
    # A column of which the recipe keeps nothing does not change predict.
    found = {column: Importance(column, 0.0, 0.0) for column in columns if not positions[column]}
    for column, repeats in _predict_shuffled(package, recipe, positions, values, features, rng):
        scores = [score_all_rows(scorer, y, predict, problem, threshold, weights) for predict in repeats]
        drops = [unshuffled - compute_score for compute_score in scores if compute_score is not None]
        if drops:
            found[column] = Importance(column, float(np.mean(drops)), float(np.std(drops)))
    return tuple(sorted((found[name] for name in columns if name in found), key=lambda item: -item.drop))


def count_shuffled_rows(n_rows: int, n_columns: int) -> int:
    """Return how many of the test rows the importance of so many columns is computed on."""
    return min(n_rows, int(np.clip(_CELLS // max(n_columns, 1), _LEAST_ROWS, _MOST_ROWS)))


def choose_shuffled_rows(n_rows: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers of these test rows, ascending."""
    n_used = count_shuffled_rows(n_rows, n_columns)
    # Where all are used, none is drawn: the permutations follow from the same generator.
    return np.arange(n_rows) if n_used == n_rows else choose_row_numbers(n_rows, n_used, rng)


def take_rows(column: np.ndarray | Strings, rows: np.ndarray) -> np.ndarray | Strings:
    """Return the values of a column of ``to_columns`` in some rows."""
    return column._replace(codes=column.codes[rows]) if isinstance(column, Strings) else column[rows]


class _ColumnShuffle(NamedTuple):
    """A column, the positions of its features, and these for its shuffled rows in every repeat."""

    column: str
    positions: list[int]
    features: np.ndarray


def _predict_shuffled(
    package: Package,
    recipe: ColumnarRecipe,
    positions: Mapping[str, list[int]],
    values: Columns,
    features: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield each column that has features, with the predictions of each repeat."""
    n_rows, n_features = features.shape
    repeated = {name: take_rows(of, np.tile(np.arange(n_rows), _REPEATS)) for name, of in values.items()}
    shuffles = []
    for column, own in positions.items():
        order = np.concatenate([rng.permutation(n_rows) for _ in range(_REPEATS)])
        if own:
            shuffled = {**repeated, column: take_rows(values[column], order)}
            shuffles.append(_ColumnShuffle(column, own, recipe.transform_part(shuffled, own)))
    # Many columns are predicted at once, because the estimator's overhead takes most of a small table's time.
    block_size = max(1, _CELLS_TOGETHER // (_REPEATS * n_rows * n_features))
    for start in range(0, len(shuffles), block_size):
        block = shuffles[start : start + block_size]
        matrix = np.tile(features, (len(block) * _REPEATS, 1))
        for part, shuffle in zip(np.split(matrix, len(block)), block, strict=True):
            part[:, shuffle.positions] = shuffle.features
        predictions = np.split(package.predict_features(matrix), len(block) * _REPEATS)
        for i, shuffle in enumerate(block):
            yield shuffle.column, predictions[i * _REPEATS : (i + 1) * _REPEATS]
