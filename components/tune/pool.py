"""The processes of one worker, over one study."""

import multiprocessing
import multiprocessing.connection
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import numpy as np
import optuna
from lightgbm.basic import LightGBMError
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_limits

from components._model.families import FAMILIES
from components._model.folds import FoldSet
from components._model.trials import Sweep, TrialResult
from components._problem.metrics import shown, sign
from components.environment import emit
from components.tune.search import LaggedSampler, propose
from components.tune.settings import Settings
from components.tune.storage import open_study
from components.tune.trial import OutOfTime, cross_validate

# A process that dies of memory would take its successors along, so there is an end to replacing it.
_REPLACEMENTS = 3
_KEPT_PREDICTIONS = 10
# Cores go to trials side by side: more threads in one would sum its numbers in another order each time.
_THREADS = 1


@dataclass(frozen=True)
class Place:
    """Where a worker finds and leaves things.

    Attributes
    ----------
    folds : str
        Folder of the ``FoldSet``, the same path for all workers of a sweep and for no other sweep.
    study : str
        File of the study, or address of its database.
    is_shared : bool
        Whether the other workers are on the same study.
    scratch : Path
        Folder for out-of-fold predictions, new for every attempt of a worker.
    """

    folds: str
    study: str
    is_shared: bool
    scratch: Path

    @property
    def attempt(self) -> str:
        """What tells this attempt of a worker from an earlier one, and its trials from others'."""
        return self.scratch.name


def run_pool(place: Place, settings: Settings, processes: int) -> Sweep:
    """Run this worker's share of the trials and return what came of them.

    A trial whose process dies is recorded as failed and counts as one of the share; the process is
    replaced, a few times.

    Parameters
    ----------
    place : Place
        Where things are.
    settings : Settings
        The worker's part of the sweep.
    processes : int
        Trials to run side by side, one thread each.
    """
    study = open_study(place.study, _name(place, settings), None, is_forked=True)
    _give_up(study, "its worker was started anew", worker=settings.worker)
    end = time.monotonic() + settings.budget_minutes * 60
    # Forked processes share what is imported already; where forking is unsafe they start anew.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    # Not a counter with a lock: a process killed while it holds a lock would stop all others.
    untaken = context.Semaphore(settings.share)

    def start() -> multiprocessing.Process:
        process = context.Process(target=_work, args=(place, settings, end, untaken), daemon=True)  # type: ignore[attr-defined]
        process.start()
        return process  # type: ignore[no-any-return]

    running = [start() for _ in range(processes)]
    replacements = _REPLACEMENTS
    while running:
        # Whichever ends first: the others may be waiting for the trial of one that died.
        multiprocessing.connection.wait([process.sentinel for process in running])
        for process in [process for process in running if process.exitcode is not None]:
            running.remove(process)
            if process.exitcode == 0:
                continue
            why = f"its process ended with status {process.exitcode}"
            _give_up(study, why, attempt=place.attempt, pid=process.pid)
            if replacements and time.monotonic() < end:
                replacements -= 1
                running.append(start())
    return _sweep(study, place, settings.worker)


def _work(place: Place, settings: Settings, end: float, untaken: Semaphore) -> None:
    def is_over() -> bool:
        return time.monotonic() >= end

    data = FoldSet.load(place.folds)
    owner: dict[str, int | str] = {"worker": settings.worker, "attempt": place.attempt, "pid": os.getpid()}
    own = {} if place.is_shared else {"offset": settings.worker, "stride": settings.workers}
    sampler = LaggedSampler(settings.seed, is_over, owner, **own)
    study = open_study(place.study, _name(place, settings), sampler)
    with threadpool_limits(limits=_THREADS):
        while untaken.acquire(block=False):
            trial = study.ask()
            # The first trial is a sweep's least result, so it may take longer than the budget.
            if trial.number and is_over():
                study.tell(trial, state=TrialState.FAIL)
                return
            _try(study, trial, data, place.scratch, settings, is_over)


def _try(
    study: optuna.Study,
    trial: optuna.Trial,
    data: FoldSet,
    scratch: Path,
    settings: Settings,
    is_over: Callable[[], bool],
) -> None:
    started = time.monotonic()
    family, parameters = propose(trial)
    trial.set_user_attr("parameters", parameters)
    ends = is_over if trial.number else _never
    try:
        scores, predicted = cross_validate(family, parameters, data, settings.seed, _THREADS, ends)
    except (OutOfTime, ArithmeticError, LightGBMError, MemoryError, ValueError) as error:
        trial.set_user_attr("failure", f"{type(error).__name__}: {error}")
        study.tell(trial, state=TrialState.FAIL)
        return
    np.save(scratch / f"{trial.number}.npy", predicted)
    trial.set_user_attr("fold_scores", scores)
    trial.set_user_attr("seconds", time.monotonic() - started)
    study.tell(trial, float(np.mean(scores)))
    _emit(study, trial.number, family, float(np.mean(scores)), settings, data.problem.metric)


def _never() -> bool:
    return False


def _emit(
    study: optuna.Study, number: int, family: str, score: float, settings: Settings, metric: str
) -> None:
    finished = [t.value for t in study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])]
    emit(
        "trial",
        number=number,
        family=FAMILIES[family].title,
        metric=shown(metric),
        score=score * sign(metric),
        best=max(value for value in finished if value is not None) * sign(metric),
        finished=len(finished),
        trials=settings.trials,
    )


def _name(place: Place, settings: Settings) -> str:
    # A study may outlive a run, and the next run's sweep must not go on with the trials of this one.
    return f"{place.folds}: {settings.trials} trials, {settings.workers} workers, seed {settings.seed}"


def _give_up(study: optuna.Study, why: str, **owner: int | str | None) -> None:
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        if owner.items() <= trial.user_attrs.items():
            study._storage.set_trial_user_attr(trial._trial_id, "failure", why)
            study.tell(trial.number, state=TrialState.FAIL)


def _sweep(study: optuna.Study, place: Place, worker: int) -> Sweep:
    trials = [
        _result(trial, worker)
        for trial in study.get_trials(deepcopy=False)
        if trial.user_attrs.get("attempt") == place.attempt and "parameters" in trial.user_attrs
    ]
    kept = [trial.number for trial in Sweep(trials, {}).finished[:_KEPT_PREDICTIONS]]
    predictions = {(worker, number): np.load(place.scratch / f"{number}.npy") for number in kept}
    return Sweep(trials, predictions)


def _result(trial: FrozenTrial, worker: int) -> TrialResult:
    return TrialResult(
        number=trial.number,
        worker=worker,
        family=trial.params["family"],
        parameters=trial.user_attrs["parameters"],
        fold_scores=tuple(trial.user_attrs.get("fold_scores", ())),
        seconds=trial.user_attrs.get("seconds", 0.0),
        failure="" if trial.state == TrialState.COMPLETE else trial.user_attrs.get("failure", "not finished"),
    )
