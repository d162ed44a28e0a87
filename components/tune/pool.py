"""The processes of one worker: starts, watches and replaces them, and ends them in time."""

import json
import multiprocessing
import multiprocessing.connection
import os
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from components._sweep.cross_validation import cross_validate
from components._sweep.folds import FoldSet
from components._sweep.time_plan import compute_sweep_seconds
from components._sweep.trials import Sweep, TrialResult, parse_trial
from components.machine import read_memory_limit
from components.tune.ledger import Ledger, TrialOwner
from components.tune.settings import Settings
from components.tune.storage import StorageLost, open_storage, retry
from components.tune.study import open_study
from components.tune.study_view import StudyView
from components.tune.trial_process import TrialEvaluator, run_trials
from components.tune.worker_setup import SweepClock, WorkerSetup

# Replacements are limited, because what killed a process, such as lack of memory, may kill the next ones too.
_REPLACEMENTS = 8
# Seconds.
_BETWEEN_LOOKS = 0.25
_BETWEEN_BEATS = 4.0
_FOR_THE_VIEW = 0.02
# A worker that misses so many heartbeats counts as dead.
_MISSED_BEATS = 5
# At this share of the worker's memory its largest process is ended, before the kernel ends the worker.
_FULL = 0.9
# Fits that cannot be interrupted may overrun the budget by this share of it and one second.
_OVERTIME = 0.05


def run_pool(
    setup: WorkerSetup,
    settings: Settings,
    processes: int,
    evaluate: TrialEvaluator = cross_validate,
    memory: int | None = None,
) -> Sweep:
    """Run trials until the sweep is complete or its time is over, and return all known trials.

    Each process runs one trial at a time, with one thread. A worker stays until the last trial of its study
    has ended, because it may have to take over trials of other workers. It has ``memory`` bytes, or all that
    there are.

    Raises
    ------
    InvalidSetting
        The storage cannot be used, or the study belongs to another sweep.
    """
    notes: list[str] = []
    try:
        pool = _ProcessPool(setup, settings, processes, evaluate, memory)
    except StorageLost as error:
        return Sweep([], {}, [_describe_loss(settings, error)], settings.trials)
    try:
        while pool.is_running:
            pool.poll()
    except StorageLost as error:
        notes.append(_describe_loss(settings, error))
    finally:
        pool.stop()
    return pool.build_sweep(notes)


def _describe_loss(settings: Settings, error: StorageLost) -> str:
    return f"Worker {settings.worker} lost the sweep's storage: {error}"


class _ProcessPool:
    def __init__(
        self,
        setup: WorkerSetup,
        settings: Settings,
        processes: int,
        evaluate: TrialEvaluator,
        memory: int | None,
    ) -> None:
        self._setup = setup
        self._settings = settings
        self._evaluate = evaluate
        # Forked processes share the imported modules. A proxy's client does not survive a fork.
        is_forkable = sys.platform == "linux" and not setup.storage.startswith("grpc:")
        self._context = multiprocessing.get_context("fork" if is_forkable else "spawn")
        self._causes: dict[int | None, str] = {}
        self._replacements = _REPLACEMENTS
        # Why processes ended that have no replacement.
        self._losses: list[str] = []
        self._memory = memory or read_memory_limit()
        self._results: list[TrialResult] = []
        self._n_heartbeats = 0
        self._last_heartbeat = time.monotonic()
        data = FoldSet.load(setup.folds)
        storage = retry(lambda: open_storage(setup.storage), setup.patience)
        study = open_study(storage, setup, data, settings, processes)
        self._view = StudyView(study, settings.worker, data.facts, setup.patience)
        owner = TrialOwner(settings.worker, setup.attempt, os.getpid())
        numbers = setup.get_trial_numbers(settings)
        self._ledger = Ledger(
            storage, setup.study, owner, numbers, patience=setup.patience, grace=setup.grace
        )
        seconds = compute_sweep_seconds(settings.budget_minutes, data.plan)
        self._clock = SweepClock.start(seconds, self._ledger.start_attempt())
        self._running = [self._start_process() for _ in range(min(processes, numbers.total))]

    @property
    def is_running(self) -> bool:
        return bool(self._running)

    def poll(self) -> None:
        """Wait a moment, then handle what has happened."""
        multiprocessing.connection.wait(
            [process.sentinel for process in self._running], timeout=_BETWEEN_LOOKS
        )
        self._limit_memory()
        self._limit_time()
        for process in [process for process in self._running if process.exitcode is not None]:
            self._running.remove(process)
            if process.exitcode:
                self._replace_process(process)
        if time.monotonic() - self._last_heartbeat >= min(_BETWEEN_BEATS, self._setup.grace / _MISSED_BEATS):
            self._last_heartbeat = time.monotonic()
            self._n_heartbeats += 1
            if not self._ledger.send_heartbeat(self._n_heartbeats, self._clock.get_seconds_spent()):
                # Another attempt of this worker has taken over its trials.
                self.stop()
            self._ledger.mark_dead_workers()
            self._results = self._ledger.list_results(fresh=False)
        # A few at a time: the database and the processor are the trials' in the first place.
        self._view.add(self._results, _FOR_THE_VIEW)

    def stop(self) -> None:
        """End all processes."""
        for process in self._running:
            process.kill()
            process.join()
        self._running = []

    def build_sweep(self, notes: list[str]) -> Sweep:
        """Return all known trials, and the predictions of the best trials of this attempt."""
        trials = {trial.number: trial for trial in map(_load_trial, self._setup.scratch.glob("*.json"))}
        is_out_of_time = self._clock.get_seconds_left() <= 0
        try:
            self._ledger.send_heartbeat(self._n_heartbeats + 1, self._clock.get_seconds_spent())
            results = self._ledger.list_results()
            trials |= {trial.number: trial for trial in results}
            self._view.add(results)
            is_out_of_time = is_out_of_time or self._ledger.is_cut_off()
        except StorageLost as error:
            notes.append(_describe_loss(self._settings, error))
        if self._losses:
            notes.append(
                f"Worker {self._settings.worker} stopped before its time was over, because too many of its "
                f"processes were lost, the last one because {self._losses[-1]}."
            )
        in_order = [trials[number] for number in sorted(trials)]
        sweep = Sweep(in_order, {}, notes, self._settings.trials, is_out_of_time)
        files = {trial.number: self._setup.scratch / f"{trial.number}.npy" for trial in sweep.candidates}
        sweep.out_of_fold.update({n: np.load(file) for n, file in files.items() if file.exists()})
        return sweep

    def _start_process(self) -> BaseProcess:
        process = self._context.Process(  # type: ignore[attr-defined]
            target=run_trials,
            args=(self._setup, self._settings, self._clock, os.getpid(), self._evaluate),
            daemon=True,
        )
        process.start()
        return process  # type: ignore[no-any-return]

    def _replace_process(self, process: BaseProcess) -> None:
        assert process.pid is not None
        why = self._causes.get(process.pid, f"its process ended with status {process.exitcode}")
        self._ledger.mark_dead_process(process.pid, why)
        if self._replacements and self._clock.get_seconds_left() > 0:
            self._replacements -= 1
            self._running.append(self._start_process())
        elif self._clock.get_seconds_left() > 0:
            self._losses.append(why)

    def _limit_memory(self) -> None:
        """End the largest process before the kernel ends them all."""
        sizes = {process: _read_memory(process.pid) for process in self._running}
        total = sum(sizes.values()) + _read_memory(os.getpid())
        if self._memory is None or total < _FULL * self._memory:
            return
        largest = max(sizes, key=lambda process: sizes[process])
        self._causes[largest.pid] = (
            f"its process used {sizes[largest] / 1e6:,.0f} MB of the worker's {self._memory / 1e6:,.0f} MB"
        )
        largest.kill()
        largest.join()

    def _limit_time(self) -> None:
        if self._clock.get_seconds_left() > -(_OVERTIME * self._clock.budget + 1.0):
            return
        for process in self._running:
            self._causes[process.pid] = "the budget was used up and its fit could not be interrupted"
            process.kill()
            process.join()


def _read_memory(process: int | None) -> int:
    """Return the memory that a process uses, in bytes, and its part of what it shares; 0 if it has ended.

    A forked process shares the memory that it had at its start. Pages of files, such as the folds' matrices,
    do not count: the kernel can drop them and read them again
    (https://docs.kernel.org/filesystems/proc.html, ``smaps_rollup``).
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0
    sizes = dict(line.split(":", 1) for line in lines)
    return int(sizes.get("Pss_Anon", "0 kB").split()[0]) * 1024


def _load_trial(file: Path) -> TrialResult:
    return parse_trial(json.loads(file.read_text(encoding="utf-8")))
