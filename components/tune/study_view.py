"""The trials that ended, in the study that people look at with optuna-dashboard.

The ledger holds all that the workers need. What people look at is copied from it every few seconds, each
trial with its parameters in one call: written while a trial runs, each parameter would be a transaction of
its own, and most of what a trial costs a database.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from components._estimators import Facts
from components._sweep.trials import TrialResult
from components.tune.search import complete_parameters
from components.tune.storage import retry


class StudyView:
    """The trials of one worker in the study that people look at.

    Parameters
    ----------
    study : Study
        That study.
    worker : int
        Only the trials that this worker ran are added, because other workers add theirs.
    facts : Facts
        What decides the ranges of parameters.
    patience : float
        How long to wait for a storage that does not answer, in seconds; then ``StorageLost`` is raised.
    """

    def __init__(self, study: optuna.Study, worker: int, facts: Facts, patience: float) -> None:
        self._study = study
        self._worker = worker
        self._facts = facts
        self._patience = patience
        # Numbers of the trials in the study; None if they must be read.
        self._numbers: set[int] | None = None

    def add(self, results: Sequence[TrialResult], seconds: float = math.inf) -> None:
        """Add those trials of the worker that ended and are not in the study yet.

        Parameters
        ----------
        results : sequence of TrialResult
            Trials of all workers.
        seconds : float
            Begin no other trial after this time. One at least is added.
        """
        own = [
            result
            for result in results
            if result.worker == self._worker and result.family and not result.is_open
        ]
        retry(lambda: self._add_missing(own, time.monotonic() + seconds), self._patience)

    def _add_missing(self, results: Sequence[TrialResult], end: float) -> None:
        # After an error they are read again: a trial may be in the study although no answer came.
        numbers, self._numbers = self._numbers, None
        if numbers is None:
            trials = self._study.get_trials(deepcopy=False)
            numbers = {trial.user_attrs["result"]["number"] for trial in trials}
        for result in results:
            if result.number not in numbers:
                self._study.add_trial(self._build_trial(result))
                numbers.add(result.number)
                if time.monotonic() >= end:
                    break
        self._numbers = numbers

    def _build_trial(self, result: TrialResult) -> FrozenTrial:
        known = complete_parameters(result.family, result.parameters, self._facts)
        state = TrialState.PRUNED if result.is_pruned else TrialState.COMPLETE
        trial = create_trial(
            state=TrialState.FAIL if result.failure else state,
            value=None if result.failure else result.score,
            params={f"{result.family}.{name}": value for name, value in known.parameters.items()},
            distributions={f"{result.family}.{name}": range_ for name, range_ in known.ranges.items()},
            user_attrs={"result": asdict(result)},
        )
        # A trial that killed its processes has no start.
        trial.datetime_start = datetime.fromtimestamp(result.started or time.time())
        trial.datetime_complete = trial.datetime_start + timedelta(seconds=result.seconds)
        return trial
