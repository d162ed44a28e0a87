"""A comparison of the groups of the sensitive columns."""

from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._metrics.bootstrap import estimate_interval, resample_statistics
from components._metrics.estimate import Estimate
from components._metrics.scores import decide, resolve_scorer
from components._metrics.statistics import build_statistic, score_all_rows
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
    seed: int,
    weights: np.ndarray | None = None,
) -> tuple[SensitiveGroup, ...]:
    """Return the main metric and the share of positive predictions in every group.

    Each group is compared with all other rows. The intervals of the differences are normal ones with the
    standard error of resamples, each at 1 - 0.05 / n_groups, so that all of them hold together in 95 of 100
    cases (Bonferroni's correction).

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
    seed : int
        Seed of the resamples.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    scored = _ScoredRows(model, y, problem, seed, weights)
    groups = [
        (str(name), value, is_in)
        for name in sensitive.columns
        for value, is_in in _iterate_groups(sensitive[name])
    ]
    margin = NormalDist().inv_cdf(1 - 0.025 / max(len(groups), 1))
    return tuple(_summarise_group(*group, scored, margin) for group in groups)


class _ScoredRows(NamedTuple):
    """What the main metric of some rows is computed from."""

    model: Contender
    y: np.ndarray
    problem: Problem
    seed: int
    weights: np.ndarray | None

    @property
    def sign(self) -> int:
        return get_sign(resolve_scorer(self.problem.metric, self.problem))

    def score(self, rows: np.ndarray) -> tuple[float, np.ndarray] | None:
        """Return the score of some rows, larger is better, and of their resamples; None if undefined."""
        scorer = resolve_scorer(self.problem.metric, self.problem)
        y, predictions = self.y[rows], self.model.predictions[rows]
        own = None if self.weights is None else self.weights[rows]
        if not len(rows):
            return None
        value = score_all_rows(scorer, y, predictions, self.problem, self.model.threshold, own)
        if value is None:
            return None
        statistic = build_statistic(scorer, y, predictions, self.problem, self.model.threshold)
        is_class = self.problem.kind != "regression"
        resampled = resample_statistics([statistic], y, is_class=is_class, seed=self.seed, weights=own)
        return value, resampled[:, 0]


def _summarise_group(
    column: str, value: str, is_in: np.ndarray, scored: _ScoredRows, margin: float
) -> SensitiveGroup:
    rows = np.flatnonzero(is_in)
    own, others = scored.score(rows), scored.score(np.flatnonzero(~is_in))
    rate = None
    if scored.problem.kind == "binary":
        weights = None if scored.weights is None else scored.weights[rows]
        decisions = decide(scored.model.predictions[rows], scored.model.threshold)
        rate = float(np.average(decisions, weights=weights))
    score = None if own is None else estimate_interval(scored.sign * own[0], scored.sign * own[1])
    gap = None if own is None or others is None else _estimate_gap(own, others, margin)
    return SensitiveGroup(column, value, len(rows), score, rate, gap)


def _estimate_gap(own: tuple[float, np.ndarray], others: tuple[float, np.ndarray], margin: float) -> Estimate:
    """Return by how much the rows of a group are predicted better than all others."""
    gap = own[0] - others[0]
    variances = [
        float(np.var(known)) if (known := resampled[np.isfinite(resampled)]).size > 1 else np.nan
        for _, resampled in (own, others)
    ]
    error = float(np.sqrt(sum(variances)))
    # Equal values in all resamples are those of a few rows.
    if not error > 0:
        return Estimate(gap)
    return Estimate(gap, gap - margin * error, gap + margin * error)


def _iterate_groups(column: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each group's name and which rows are in it; nulls come last."""
    words = ValueGroups.learn(column).name(column)
    for value in words.cat.categories:
        is_in = (words == value).to_numpy(bool)
        if is_in.any():
            yield str(value), is_in
