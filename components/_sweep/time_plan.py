"""How the time of a sweep is divided, planned from the size of the table before the first fit."""

import time
from typing import NamedTuple

from components.environment import Environment


class TimePlan(NamedTuple):
    """The shares of a sweep's time.

    Attributes
    ----------
    fit_seconds : float
        Processor seconds that a fit of a trial may take in one fold.
    refit_seconds : float
        Seconds that fitting the chosen trials again takes, of the budget.
    most_folds : int
        Folds that a trial would have if the table were small enough for the budget.
    last_seconds : float
        Seconds that all else of train and what follows it take, of the budget.
    """

    fit_seconds: float
    refit_seconds: float
    most_folds: int
    last_seconds: float


# A sweep gets this share in any case: a model that is late beats none.
LEAST_SHARE = 0.25

# JSON has no infinity.
NO_LIMIT = TimePlan(1e9, 0.0, 1, 0.0)


def compute_sweep_seconds(budget_minutes: float, plan: TimePlan) -> float:
    """Return the seconds for the trials, from now on; at least ``LEAST_SHARE`` of the budget."""
    seconds = _compute_seconds_until_last(budget_minutes, plan.last_seconds) - plan.refit_seconds
    return max(seconds, LEAST_SHARE * budget_minutes * 60)


def compute_refit_seconds(budget_minutes: float, plan: TimePlan, spent: float) -> float:
    """Return the seconds for the model's fits, from now on; at least those planned.

    ``spent`` are the seconds that the sweep took, if nobody counted since the start of the run.
    """
    return max(_compute_seconds_until_last(budget_minutes, plan.last_seconds) - spent, plan.refit_seconds)


def estimate_overrun(budget_minutes: float, plan: TimePlan) -> float:
    """Return the seconds by which a run will pass its budget if its sweep begins now; 0 or less if not."""
    left = _compute_seconds_until_last(budget_minutes, plan.last_seconds)
    return compute_sweep_seconds(budget_minutes, plan) + plan.refit_seconds - left


def _compute_seconds_until_last(budget_minutes: float, last_seconds: float) -> float:
    """Return the seconds until only so many are left of a run's budget as its end takes.

    On a cluster, where pods wait, no time counts before the sweep.
    """
    seconds = budget_minutes * 60
    started = Environment.read().started
    return seconds - last_seconds - (0.0 if started is None else time.time() - started)
