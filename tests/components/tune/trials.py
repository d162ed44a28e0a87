"""Sweeps whose trials were never run, for the tests of what is said about them."""

from typing import Any

import numpy as np

from components._problem.metric_scale import MetricScale
from components._problem.task import TaskKind
from components._sweep.folds import Fold, FoldSet
from components._sweep.trials import Sweep, TrialResult
from tests.components._model.tables import make_problem

ERROR = MetricScale("root_mean_squared_error", True)
SCORE = MetricScale("roc_auc", False)


def make_finished_trial(number: int, family: str, *scores: float, **more: Any) -> TrialResult:
    """Return a trial with a score in each fold; without scores it failed."""
    parameters = more.pop("parameters", {"strength": 0.12345, "size": 3})
    failure = "" if scores else "ValueError: it broke"
    return TrialResult(
        number, more.pop("worker", 0), family, parameters, scores, (0,) * len(scores), failure=failure, **more
    )


def make_fold_set(metric: str) -> FoldSet:
    """Return a fold of four rows for a sweep of this metric."""
    kind: TaskKind = "regression" if "error" in metric else "binary"
    matrix, rows = np.zeros((2, 1), dtype=np.float32), np.array([2, 3])
    fold = Fold(matrix, np.arange(2), matrix, rows, np.zeros(1, dtype=np.int64), np.full(1, ""))
    return FoldSet(make_problem(kind, metric=metric), np.array([0, 1, 0, 1]), [fold])


def make_many_trials(n_trials: int, metric_sign: int = 1) -> Sweep:
    """Return trials of three families in four processes, in which the learning rate decides."""
    rng = np.random.default_rng(0)
    trials = []
    for number in range(n_trials):
        family = ("lightgbm", "network", "linear")[number % 3]
        rate = float(10 ** rng.uniform(-4, 0))
        score = metric_sign * (0.8 - 0.02 * abs(np.log10(rate) + 2) + 0.0001 * rng.normal())
        trials.append(
            make_finished_trial(
                number,
                family,
                score,
                score + 0.01,
                parameters={"learning_rate": rate, "noise": float(rng.random()), "kind": "ab"[number % 2]},
                worker=number % 2,
                process=100 + number % 4,
                started=1_000.0 + number,
                seconds=0.8,
                predict_ms=0.1 + 0.1 * (number % 7),
            )
        )
    return Sweep(trials, {})


ERRORS = Sweep(
    [
        make_finished_trial(0, "lightgbm", -3.0, -5.0, seconds=2.0, predict_ms=0.1),
        make_finished_trial(1, "linear", -8.0, -8.0, seconds=0.5, predict_ms=0.05),
        make_finished_trial(2, "linear"),
        make_finished_trial(3, "lightgbm", -2.0, -4.0, seconds=4.0, predict_ms=0.3),
        make_finished_trial(4, "linear", -6.0, -7.0, seconds=1.5, predict_ms=0.07),
        make_finished_trial(5, "network", -9.0, is_pruned=True, seconds=1.0),
    ],
    {},
)
# The end of its budget cut off a trial, and another before its first fold.
CUT_OFF = Sweep(
    [
        *ERRORS.trials,
        make_finished_trial(6, "linear", -7.0, is_open=True, seconds=1.0, started=1_000.0),
        make_finished_trial(7, "", is_open=True),
    ],
    {},
)
