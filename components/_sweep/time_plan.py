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
    """

    fit_seconds: float
    refit_seconds: float
    most_folds: int


# What follows the model's fits, such as its compiled form, its evaluation and its registration, takes so many
# seconds and a share of the budget; at most this share of it.
_LAST_SECONDS, _LAST_SHARE, _MOST_LAST = 5.0, 0.03, 0.25
# A run that has spent its time before the sweep still gives it this share: a model that is late beats none.
LEAST_SHARE = 0.25

# JSON has no infinity.
NO_LIMIT = TimePlan(1e9, 0.0, 1)


def compute_seconds_left(budget_minutes: float) -> float:
    """Return the seconds left of a run's budget, at least ``LEAST_SHARE`` of it.

    On a cluster, where pods wait, no time counts before the sweep.
    """
    started = Environment.read().started
    spent = 0.0 if started is None else time.time() - started
    return max(budget_minutes * 60 - spent, LEAST_SHARE * budget_minutes * 60)


def compute_last_seconds(budget_seconds: float) -> float:
    """Return the seconds of a budget that are left for what follows the model's fits."""
    return min(_LAST_SECONDS + _LAST_SHARE * budget_seconds, _MOST_LAST * budget_seconds)
