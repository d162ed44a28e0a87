"""How often each trial of a model is fitted, and on which rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from components._estimators import FAMILIES, compute_most_row_ms
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components.train.member_choice import MemberChoice, MemberLimit

# Up to so many rows the mean of several fits is better than one fit on all rows.
_ROWS_FOR_BAGS = 20_000
_MOST_BAGS = 5


class ModelPart(NamedTuple):
    """One fit of the model.

    Attributes
    ----------
    trial : TrialResult
        The trial that is fitted.
    weight : float
        Its weight in the model.
    bag : int or None
        The fold that is left out, whose rows decide when the fit stops. None: the fit uses all rows.
    """

    trial: TrialResult
    weight: float
    bag: int | None

    @property
    def key(self) -> tuple[int, int | None]:
        """What identifies the fit: trial number and bag."""
        return self.trial.number, self.bag


def count_rows_to_fit(trial: TrialResult, folds: FoldSet, all_rows: int | None) -> int:
    """Return how many rows a trial is fitted on.

    They are ``all_rows`` if these are more than the folds have, and the family can learn from them.
    """
    learns_all = all_rows is not None and FAMILIES[trial.family].learns_from_batches
    return all_rows if learns_all and all_rows is not None else len(folds.y)


def count_bags(trial: TrialResult, folds: FoldSet, all_rows: int | None = None) -> int:
    """Return how many fits a trial gets at most: one per fold if their mean is better, else one."""
    if not FAMILIES[trial.family].gains_from_bags or len(folds.y) > _ROWS_FOR_BAGS:
        return 1
    # The rows of all folds are a small part of those that the fit learns from.
    if count_rows_to_fit(trial, folds, all_rows) > len(folds.y):
        return 1
    # Folds by time fit on the earliest rows only.
    return 1 if folds.problem.event_time is not None else min(len(folds.folds), _MOST_BAGS)


def average_steps(trial: TrialResult, folds: FoldSet) -> float:
    """Return the steps of a fit on all rows: a fold counts by its rows, because by time the first have few.

    It is 0 if the family's fits are not iterative.
    """
    n_fitted = [len(fold.y_fit) for fold in folds.folds[: len(trial.steps)]]
    return float(np.average(trial.steps, weights=n_fitted)) if trial.steps else 0.0


def estimate_seconds(trial: TrialResult, folds: FoldSet, all_rows: int | None = None) -> float:
    """Return the time of one fit on all rows, on one processor: that of a fold's fit, for more rows."""
    n_fitted = float(np.mean([len(fold.X_fit) for fold in folds.folds]))
    n_rows = count_rows_to_fit(trial, folds, all_rows)
    return trial.seconds / max(1, len(trial.fold_scores)) * n_rows / n_fitted


def count_seconds(trial: TrialResult, folds: FoldSet, all_rows: int | None = None) -> float:
    """Return the time of one fit on all rows by its counted work, which no load of the machine changes."""
    facts = replace(folds.facts, n_rows=count_rows_to_fit(trial, folds, all_rows))
    return FAMILIES[trial.family].estimate_seconds(trial.parameters, facts)


def limit_time(
    candidates: Sequence[TrialResult],
    folds: FoldSet,
    seconds: float,
    cores: int,
    estimate: Callable[[TrialResult, FoldSet, int | None], float] = estimate_seconds,
    all_rows: int | None = None,
) -> MemberLimit:
    """Return the limit on the processor time of the fits.

    Parameters
    ----------
    candidates : sequence of TrialResult
        Trials that may be in the model, the best first.
    folds : FoldSet
        The folds that they were scored on.
    seconds : float
        Time in which all fits end, in seconds.
    cores : int
        Processors that fit at the same time, one fit each.
    estimate : callable
        Returns the time of one fit, ``estimate_seconds`` or ``count_seconds``.
    all_rows : int or None
        Number of all training rows if the folds have a sample of them.
    """
    costs = {trial.number: estimate(trial, folds, all_rows) for trial in candidates}
    best, most = candidates[0].number, seconds * cores
    # The best trial is fitted in any case.
    limited = {number: cost if cost <= seconds else np.inf for number, cost in costs.items()}
    return MemberLimit(most, {**limited, best: min(costs[best], most)})


def limit_row_time(candidates: Sequence[TrialResult], folds: FoldSet) -> MemberLimit:
    """Return the limit on the counted time to predict a row, in milliseconds."""
    facts = replace(folds.facts, n_rows=len(folds.y))
    costs = {
        trial.number: FAMILIES[trial.family].estimate_row_ms(
            trial.parameters, facts, average_steps(trial, folds)
        )
        for trial in candidates
    }
    return MemberLimit(compute_most_row_ms(facts), costs)


def plan_parts(
    choice: MemberChoice, folds: FoldSet, limits: Sequence[MemberLimit] = (), all_rows: int | None = None
) -> list[ModelPart]:
    """Return the fits of the model.

    Each member has one. The heaviest get more first, up to their bags, as long as the limits leave room.
    """
    trials = [member.trial for member in choice.members]
    left = [limit.most - sum(map(limit.get_cost, trials)) for limit in limits]
    parts: list[ModelPart] = []
    for trial, weight in choice.members:
        costs = [limit.get_cost(trial) for limit in limits]
        room = min((rest / cost for rest, cost in zip(left, costs, strict=True) if cost), default=np.inf)
        n_fits = 1 + int(np.clip(room, 0, count_bags(trial, folds, all_rows) - 1))
        left = [rest - (n_fits - 1) * cost for rest, cost in zip(left, costs, strict=True)]
        bags: list[int | None] = [*range(n_fits)] if n_fits > 1 else [None]
        parts += [ModelPart(trial, weight / n_fits, bag) for bag in bags]
    return parts
