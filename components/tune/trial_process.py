"""What one process of a worker does: claim a number of the sweep, run its trial, record the result."""

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import optuna
from lightgbm.basic import LightGBMError
from threadpoolctl import threadpool_limits

from components._estimators import FAMILIES, Parameters
from components._problem.metrics import get_sign, name_metric
from components._sweep.cross_validation import (
    CrossValidationResult,
    OutOfTime,
    RecordedTime,
    TimeCheck,
)
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components.environment import Environment
from components.events import emit
from components.tune.ledger import Ledger, TrialClaim, TrialOwner
from components.tune.search import TrialSearch
from components.tune.settings import Settings
from components.tune.storage import StorageLost, open_storage, retry
from components.tune.trial_comparison import find_best, is_hopeless
from components.tune.worker_setup import SweepClock, WorkerSetup

# Each core runs its own trial. More threads in one would sum products of matrices in a random order, and
# OpenMP hangs in a forked process if the process before had used its threads.
_THREADS = 1
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5
# The time of all trials is estimated after so many trials, and only a clear excess counts.
_LEAST_TRIALS = 4
_CLEARLY = 1.3
# A trial may take so many times the time that it should.
_LIMIT = 2.0
_PACES = (0.5, 5.0)
FAILURES = (ArithmeticError, LightGBMError, MemoryError, ValueError)


class TrialEvaluator(Protocol):
    """How a trial is run: ``cross_validate``, or a benchmark's replacement."""

    def __call__(
        self,
        family: str,
        parameters: Parameters,
        data: FoldSet,
        seed: int,
        threads: int,
        is_over: TimeCheck,
        is_hopeless: Callable[[list[float]], bool],
    ) -> CrossValidationResult:
        """Run it."""
        ...


def run_trials(
    setup: WorkerSetup, settings: Settings, clock: SweepClock, parent: int, evaluate: TrialEvaluator
) -> None:
    """Run trials until no trial, no time or no parent process is left."""
    try:
        with threadpool_limits(limits=_THREADS):
            _TrialProcess(setup, settings, clock, parent, evaluate).run()
    except StorageLost as error:
        sys.stderr.write(f"The sweep's storage was lost: {error}\n")


class _TrialProcess:
    def __init__(
        self, setup: WorkerSetup, settings: Settings, clock: SweepClock, parent: int, evaluate: TrialEvaluator
    ) -> None:
        self._setup = setup
        self._settings = settings
        self._clock = clock
        self._parent = parent
        self._evaluate = evaluate
        self._data = FoldSet.load(setup.folds)
        storage = retry(lambda: open_storage(setup.storage, is_known=True), setup.patience)
        plan = retry(
            lambda: optuna.load_study(study_name=setup.study, storage=storage).user_attrs, setup.patience
        )
        owner = TrialOwner(settings.worker, setup.attempt, os.getpid())
        self._numbers = setup.get_trial_numbers(settings)
        self._ledger = Ledger(
            storage, setup.study, owner, self._numbers, patience=setup.patience, grace=setup.grace
        )
        self._lag = int(plan["lag"])
        self._search = TrialSearch(
            self._data.facts,
            settings.seed,
            self._data.plan.fit_seconds,
            len(self._data.folds),
            plan["known"],
            weighs_time=settings.weighs_time,
        )

    def run(self) -> None:
        pause = _FIRST_PAUSE
        is_fresh = True
        while not self._is_over():
            entries = self._ledger.list_entries(fresh=is_fresh)
            is_fresh = True
            claim = self._ledger.claim_lost(entries)
            if claim is None and len(entries) < self._numbers.total:
                claim = self._ledger.claim_next()
            if claim is not None:
                has_time = self._run_trial(claim)
                _release_memory()
                if not has_time:
                    return
                pause = _FIRST_PAUSE
                # Claiming a number reads the study anyway, and finds what was lost meanwhile.
                is_fresh = False
                continue
            if len(entries) == self._numbers.total and all(entry.outcome for entry in entries):
                return
            # Others run the last trials, which are lost if they die.
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _run_trial(self, claim: TrialClaim) -> bool:
        """Run a trial; return whether there is time for more."""
        history = self._wait_for_history(claim)
        proposal = None
        if history is not None:
            number = self._numbers.to_sweep_number(claim.number)
            seconds_left = self._clock.get_seconds_left() / self._estimate_pace(history)
            is_short = self._is_time_short(history)
            proposal = self._search.propose(number, history, seconds_left, is_short=is_short)
        if history is None or proposal is None:
            self._ledger.mark_lost(claim.trial_id, "budget", "the budget was used up before it started")
            return False
        self._ledger.record_proposal(claim, proposal)
        trial = TrialResult(
            number,
            self._settings.worker,
            proposal.family,
            proposal.parameters,
            started=time.time(),
            process=os.getpid(),
            is_hurried=is_short or proposal.is_hurried,
        )
        began = time.monotonic()
        is_over = RecordedTime(self._start_clock())
        try:
            outcome = self._evaluate(
                proposal.family,
                proposal.parameters,
                self._data,
                self._settings.seed,
                _THREADS,
                is_over,
                lambda scores: is_hopeless(scores, history),
            )
        except OutOfTime as error:
            self._ledger.mark_lost(claim.trial_id, "budget", str(error))
            return False
        except FAILURES as error:
            failure = f"{type(error).__name__}: {error}"
            self._ledger.finish(claim, replace(trial, failure=failure, seconds=time.monotonic() - began))
            return True
        is_part = len(outcome.fold_scores) < len(self._data.folds)
        trial = replace(
            trial,
            fold_scores=tuple(outcome.fold_scores),
            steps=tuple(outcome.steps),
            stops=tuple(is_over.stops),
            # Ended as hopeless, or because it took too long.
            is_pruned=outcome.predicted is None or (is_part and not self._is_over()),
            predict_ms=outcome.predict_ms,
            seconds=time.monotonic() - began,
        )
        if is_part and not trial.is_pruned:
            assert outcome.predicted is not None
            self._keep_part(claim, trial, outcome.predicted)
            return False
        self._finish_trial(claim, trial, outcome.predicted)
        return True

    def _keep_part(self, claim: TrialClaim, trial: TrialResult, predicted: np.ndarray) -> None:
        """Record a trial that the budget ended after some folds; it runs again if the sweep goes on."""
        part = replace(trial, is_open=True)
        self._save(part, predicted)
        why = f"the budget was spent after {len(trial.fold_scores)} of {len(self._data.folds)} folds"
        self._ledger.mark_lost(claim.trial_id, "budget", why, part)

    def _finish_trial(self, claim: TrialClaim, trial: TrialResult, predicted: np.ndarray | None) -> None:
        # Written to a file first, so that the trial is kept even if the storage is lost.
        file = self._save(trial, predicted)
        if not self._ledger.finish(claim, trial):
            # It was marked as lost, so another process runs it, with the same result.
            file.unlink()
            return
        self._report_trial(trial)

    def _save(self, trial: TrialResult, predicted: np.ndarray | None) -> Path:
        if predicted is not None:
            np.save(self._setup.scratch / f"{trial.number}.npy", predicted.astype(np.float32))
        file = self._setup.scratch / f"{trial.number}.json"
        file.write_text(json.dumps(asdict(trial)), encoding="utf-8")
        return file

    def _report_trial(self, trial: TrialResult) -> None:
        if Environment.read().events is None:
            return
        outcomes = [entry.outcome for entry in self._ledger.list_entries() if entry.outcome is not None]
        best = find_best(outcomes)
        if best is None:
            return
        metric = self._data.problem.metric
        emit(
            "trial",
            number=trial.number,
            family=FAMILIES[trial.family].title,
            metric=name_metric(metric),
            score=trial.score * get_sign(metric),
            best=best.score * get_sign(metric),
            best_family=FAMILIES[best.family].title,
            finished=len(outcomes),
            trials=self._settings.trials,
            budget=self._settings.budget_minutes * 60,
        )

    def _wait_for_history(self, claim: TrialClaim) -> list[TrialResult] | None:
        """Wait for the trials that a proposal looks at, and return them; None if the time is over.

        Trials that are lost meanwhile are run here, because no other process may be left to run them. If only
        time ends the sweep, a proposal looks at all that have ended, because no other run repeats it anyway.
        """
        if not self._settings.trials:
            entries = self._ledger.list_entries(fresh=False)
            return [entry.outcome for entry in entries if entry.outcome is not None]
        needed = max(0, claim.number - self._lag + 1)
        pause = _FIRST_PAUSE
        is_fresh = False
        while not self._is_over():
            entries = self._ledger.list_entries(fresh=is_fresh)[:needed]
            is_fresh = True
            outcomes = [entry.outcome for entry in entries if entry.outcome is not None]
            if len(outcomes) == needed:
                return outcomes
            lost = self._ledger.claim_lost(entries)
            if lost is not None:
                if not self._run_trial(lost):
                    return None
                continue
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return None

    def _is_time_short(self, history: list[TrialResult]) -> bool:
        """Return whether the time left is clearly too short for all trials."""
        if len(history) < _LEAST_TRIALS:
            return False
        ended = len(history) + self._lag
        needed = self._clock.get_seconds_spent() / ended * (self._numbers.total - ended)
        return needed > _CLEARLY * self._clock.get_seconds_left()

    def _estimate_pace(self, history: list[TrialResult]) -> float:
        """Return the seconds that trials took for each processor second that they were estimated to take."""
        ended = [trial for trial in history if trial.is_finished]
        estimated = sum(self._search.estimate_seconds(trial.family, trial.parameters) for trial in ended)
        if not ended or not estimated:
            return 1.0
        return float(np.clip(sum(trial.seconds for trial in ended) / estimated, *_PACES))

    def _start_clock(self) -> TimeCheck:
        """Return what tells a trial that its time is over, or that of the sweep."""
        started = time.monotonic()
        limit = _LIMIT * len(self._data.folds) * self._data.plan.fit_seconds

        def is_over(share: float = 1.0) -> bool:
            return self._is_over() or time.monotonic() - started > share * limit

        return is_over

    def _is_over(self) -> bool:
        return self._clock.get_seconds_left() <= 0 or os.getppid() != self._parent


def _release_memory() -> None:
    """Return the memory that a trial freed to the system.

    glibc would keep it, and one large trial would count against the worker's memory until the end.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
