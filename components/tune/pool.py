"""The processes of one worker, over one study."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_limits

from components._model.families import FAMILIES
from components._model.folds import FoldSet
from components._model.trials import Sweep, TrialResult
from components._problem.metrics import shown, sign
from components.environment import emit
from components.tune.search import LaggedSampler, propose
from components.tune.settings import Settings
from components.tune.trial import OutOfTime, cross_validate

# A process that dies of memory would take its successors along, so there is an end to replacing it.
_REPLACEMENTS = 3
_STUDY = "sweep"
_KEPT_PREDICTIONS = 10


@dataclass(frozen=True)
class Place:
    """Where a worker finds and leaves things.

    Attributes
    ----------
    folds : str
        Folder of the ``FoldSet``.
    journal : Path
        File of the study.
    is_shared : bool
        Whether the other workers are on the same study.
    scratch : Path
        Folder for out-of-fold predictions.
    """

    folds: str
    journal: Path
    is_shared: bool
    scratch: Path


def run_pool(place: Place, settings: Settings, processes: int, threads: int) -> Sweep:
    """Run this worker's share of the trials and return what came of them.

    Parameters
    ----------
    place : Place
        Where things are.
    settings : Settings
        The worker's part of the sweep.
    processes : int
        Trials to run side by side.
    threads : int
        Threads of each.
    """
    study = _open_study(place.journal, None)
    end = time.monotonic() + settings.budget_minutes * 60
    # Forked processes share what is imported already; where forking is unsafe they start anew.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    taken: Synchronized[int] = context.Value("i", 0)
    running = [_start(context, place, settings, threads, end, taken) for _ in range(processes)]
    replacements = _REPLACEMENTS
    while running:
        process = running.pop(0)
        process.join()
        if process.exitcode:
            _give_up_trial_of(study, process.pid, f"its process ended with status {process.exitcode}")
            if replacements and time.monotonic() < end:
                replacements -= 1
                running.append(_start(context, place, settings, threads, end, taken))
    return _sweep(study, place.scratch, settings.worker)


def _start(
    context: BaseContext,
    place: Place,
    settings: Settings,
    threads: int,
    end: float,
    taken: "Synchronized[int]",
) -> multiprocessing.Process:
    process: multiprocessing.Process = context.Process(  # type: ignore[attr-defined]
        target=_work, args=(place, settings, threads, end, taken)
    )
    process.start()
    return process


def _work(place: Place, settings: Settings, threads: int, end: float, taken: "Synchronized[int]") -> None:
    def is_over() -> bool:
        return time.monotonic() >= end

    data = FoldSet.load(place.folds)
    own = {} if place.is_shared else {"offset": settings.worker, "stride": settings.workers}
    study = _open_study(place.journal, LaggedSampler(settings.seed, is_over, **own))
    with threadpool_limits(limits=threads):
        while _take(taken, settings.share):
            trial = study.ask()
            # The first trial is a sweep's least result, so it may take longer than the budget.
            if trial.number and is_over():
                study.tell(trial, state=TrialState.FAIL)
                return
            _try(study, trial, data, place.scratch, settings, threads, is_over)


def _take(taken: "Synchronized[int]", share: int) -> bool:
    with taken.get_lock():
        if taken.value >= share:
            return False
        taken.value += 1
        return True


def _try(
    study: optuna.Study,
    trial: optuna.Trial,
    data: FoldSet,
    scratch: Path,
    settings: Settings,
    threads: int,
    is_over: Callable[[], bool],
) -> None:
    started = time.monotonic()
    trial.set_user_attr("worker", settings.worker)
    trial.set_user_attr("pid", multiprocessing.current_process().pid)
    family, parameters = propose(trial)
    trial.set_user_attr("parameters", parameters)
    ends = is_over if trial.number else _never
    try:
        scores, predicted = cross_validate(family, parameters, data, settings.seed, threads, ends)
    except (OutOfTime, ArithmeticError, MemoryError, ValueError) as error:
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


def _open_study(journal: Path, sampler: LaggedSampler | None) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name=_STUDY,
        storage=JournalStorage(JournalFileBackend(str(journal))),
        sampler=sampler,
        direction="maximize",
        load_if_exists=True,
    )


def _give_up_trial_of(study: optuna.Study, pid: int | None, why: str) -> None:
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        if trial.user_attrs.get("pid") == pid:
            study._storage.set_trial_user_attr(trial._trial_id, "failure", why)
            study.tell(trial.number, state=TrialState.FAIL)


def _sweep(study: optuna.Study, scratch: Path, worker: int) -> Sweep:
    trials = [
        _result(trial, worker)
        for trial in study.get_trials(deepcopy=False)
        if trial.user_attrs.get("worker") == worker and "parameters" in trial.user_attrs
    ]
    sweep = Sweep(trials, {})
    kept = [trial.number for trial in sweep.finished[:_KEPT_PREDICTIONS]]
    return Sweep(trials, {(worker, number): np.load(scratch / f"{number}.npy") for number in kept})


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
