"""A comparison of the groups of the sensitive columns."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from components._metrics.scores import decide, resolve_scorer
from components._metrics.statistics import score_all_rows
from components._problem.metrics import get_sign
from components._problem.spec import Problem
from components._table.value_groups import ValueGroups
from components.evaluate.contenders import Contender
from components.evaluate.evaluation import SensitiveGroup


def compare_groups(
    sensitive: pd.DataFrame,
    model: Contender,
    y: np.ndarray,
    problem: Problem,
    weights: np.ndarray | None = None,
) -> tuple[SensitiveGroup, ...]:
    """Return the main metric and the share of positive predictions in every group.

    Parameters
    ----------
    sensitive : DataFrame of shape (n_rows, n_sensitive)
        The sensitive columns of the test rows.
    model : Contender
        The model's predictions for these rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    scorer = resolve_scorer(problem.metric, problem)
    return tuple(
        _summarise_group(str(name), value, rows, model, y, problem, scorer, weights)
        for name in sensitive.columns
        for value, rows in _iterate_groups(sensitive[name])
    )


def _summarise_group(
    column: str,
    value: str,
    rows: np.ndarray,
    model: Contender,
    y: np.ndarray,
    problem: Problem,
    scorer: str,
    weights: np.ndarray | None,
) -> SensitiveGroup:
    predictions = model.predictions[rows]
    own = None if weights is None else weights[rows]
    score = score_all_rows(scorer, y[rows], predictions, problem, model.threshold, own)
    rate = None
    if problem.kind == "binary":
        rate = float(np.average(decide(predictions, model.threshold), weights=own))
    return SensitiveGroup(column, value, len(rows), None if score is None else get_sign(scorer) * score, rate)


def _iterate_groups(column: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each group's name and row numbers; nulls come last."""
    words = ValueGroups.learn(column).name(column)
    for value in words.cat.categories:
        rows = np.flatnonzero(words == value)
        if rows.size:
            yield str(value), rows
