"""The plan of a sweep's time: how many folds a trial gets, and how long a fit may take.

All of it is counted work: rows, features, classes, and the minutes asked for. Neither the machine's load nor
its number of processors changes what a sweep tries; a machine that is slower than planned cuts fits short.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from components._estimators import FAMILIES, Facts, list_suitable
from components._sweep.time_plan import LEAST_SHARE, TimePlan

# The processors that a plan is made for.
_PROCESSORS = 2
# What precedes the sweep: seconds, the share of the budget that judging derived features takes, and seconds
# for each value of the matrix.
_FIRST_SECONDS, _FIRST_SHARE, _FIRST_VALUE_SECONDS = 6.0, 0.02, 8e-7
# What train does beside its fits, and what follows it: seconds, a share of the budget, seconds for each value
# of the matrix and for each probability; together at most this share of the budget.
_LAST_SECONDS, _LAST_SHARE, _LAST_VALUE_SECONDS, _CLASS_SECONDS = 5.0, 0.03, 5e-7, 6.5e-6
_MOST_LAST = 0.4
# A sweep should have time for so many trials, and for fitting so many of them again.
_TRIALS, _MEMBERS = 10, 4
# Boosting is sound with this share of the steps that it would make without a limit.
_SOUND_SHARE = 0.4
# A fit on all rows takes so much longer than one in a fold.
_ALL_ROWS = 1.25
# Fitted to processor seconds of recipes: of a column, of a value that select ranks by, and of any value.
_COLUMN_SECONDS, _RANKED_SECONDS, _VALUE_SECONDS, _RANKED_ROWS = 1.2e-3, 1e-6, 2e-7, 10_000
# The stages before the sweep take so many seconds for a column. Most of the work of a sweep that the matrices
# of its folds take.
_FIRST_COLUMN_SECONDS, _MOST_FOR_MATRICES = 8e-3, 0.25
# So large a share of the first fits of all families is shorter than those that the model's fits are planned
# with.
_LONG = 0.75
# Most of the time that the model's fits take.
_MOST_FOR_FITS = 0.35


class SweepDivision(NamedTuple):
    """The number of folds of a trial, and the time of its fits."""

    n_folds: int
    plan: TimePlan


def estimate_preparation(n_rows: int, n_columns: int) -> float:
    """Return the processor seconds that a recipe takes to fit and transform in a fold.

    Parameters
    ----------
    n_rows, n_columns : int
        Rows to fit on, and raw columns.
    """
    of_column = _COLUMN_SECONDS + _RANKED_SECONDS * min(n_rows, _RANKED_ROWS) + _VALUE_SECONDS * n_rows
    return n_columns * of_column


def plan_time(
    facts: Facts,
    most_folds: int,
    budget_seconds: float,
    *,
    n_columns: int = 0,
    least_folds: int = 1,
    all_rows: int | None = None,
) -> SweepDivision:
    """Return how the time of a sweep is divided.

    There are as many folds as there is time for: enough sound trials of the family that comes first, and the
    fits of the model. If that is not enough for one fold, fits get less time.

    Parameters
    ----------
    facts : Facts
        Of a fold.
    most_folds : int
        Number of folds, at least 1, if time does not matter.
    budget_seconds : float
        The budget asked for.
    n_columns : int
        Raw columns, of which thousands take time before the sweep and in every fold.
    least_folds : int
        Number of folds even if there is too little time for them, from 1 to ``most_folds``.
    all_rows : int or None
        Number of all training rows, which some families learn from, if the folds have a sample of them.
    """
    last = _estimate_last_seconds(facts, budget_seconds)
    first = _FIRST_SECONDS + _FIRST_SHARE * budget_seconds
    first += _FIRST_VALUE_SECONDS * facts.n_rows * facts.n_features
    first += _FIRST_COLUMN_SECONDS * n_columns
    seconds = max(budget_seconds - first - last, LEAST_SHARE * budget_seconds)
    work = _PROCESSORS * seconds
    families = [FAMILIES[name] for name in list_suitable(facts)]
    sound = _SOUND_SHARE * families[0].estimate_seconds(families[0].portfolio[0], facts)
    preparation = estimate_preparation(facts.n_rows, n_columns)
    affordable = (work - _MEMBERS * _ALL_ROWS * sound) / (_TRIALS * sound + preparation)
    if preparation:
        affordable = min(affordable, _MOST_FOR_MATRICES * work / preparation)
    n_folds = int(np.clip(affordable, least_folds, most_folds))
    fitted = max(work - n_folds * preparation, LEAST_SHARE * work)
    fit_seconds = fitted / (_TRIALS * n_folds + _MEMBERS * _ALL_ROWS)
    of_fits = [
        family.estimate_seconds(
            family.shorten(parameters, facts, fit_seconds),
            replace(facts, n_rows=all_rows) if all_rows and family.learns_from_batches else facts,
        )
        for family in families
        for parameters in family.portfolio
    ]
    # The members of a model are rather the families that learn longer. Of a large table they are the few that
    # learn from all rows.
    once = _MEMBERS * _ALL_ROWS * float(np.quantile(of_fits, 1.0 if all_rows else _LONG)) / _PROCESSORS
    refits = min(once, _MOST_FOR_FITS * seconds)
    return SweepDivision(n_folds, TimePlan(fit_seconds, refits, most_folds, last))


def _estimate_last_seconds(facts: Facts, budget_seconds: float) -> float:
    of_values = facts.n_rows * (
        _LAST_VALUE_SECONDS * facts.n_features + _CLASS_SECONDS * (facts.n_outputs - 1)
    )
    return min(_LAST_SECONDS + _LAST_SHARE * budget_seconds + of_values, _MOST_LAST * budget_seconds)
