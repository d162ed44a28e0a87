"""Sweeps on more workers beside one worker, and many workers over PostgreSQL.

One and two workers fit the same trials on a file that they share. Then trials that only wait show what the
study in PostgreSQL costs: 16 workers beside the trials that 16 could make without it, with trials of a
second each and of a second on average, and 64 workers, more than two cores can serve, to see that no trial is
lost or run twice.
"""

import math
import multiprocessing
import random
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trial_overhead import write_folds
from components._estimators import Parameters
from components._sweep.cross_validation import CrossValidationResult, cross_validate
from components._sweep.folds import FoldSet
from components.tune.pool import run_pool
from components.tune.settings import Settings
from components.tune.storage import check_storage
from components.tune.trial_process import TrialEvaluator
from components.tune.worker_setup import WorkerSetup
from tests.components.tune.sweeps import assert_exact, list_stored_trials
from tests.postgres import run_postgres

_TRIALS = 40
# Workers, trials, and the shortest and longest trial in seconds, whose mean is a second.
_SIMULATED = ((16, 480, (1.0, 1.0)), (16, 480, (0.5, 1.5)), (64, 512, (1.0, 1.0)))
_FORK = multiprocessing.get_context("fork")


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        folds = write_folds(Path(folder))
        seconds = [_run_sweep(folds, Path(folder) / f"of-{n}", n, _TRIALS, cross_validate) for n in (1, 2)]
    print(f"{_TRIALS} trials, 1 worker: {seconds[0]:.1f} s, 2 workers: {seconds[1]:.1f} s")
    print(f"ratio of trials per second: {seconds[0] / seconds[1]:.2f} (at least 1.9 is wanted on two cores)")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        print("PostgreSQL is not installed: many workers were not tried")
        return
    for n_workers, n_trials, seconds_each in _SIMULATED:
        _simulate(programs[0].parent, n_workers, n_trials, seconds_each)


def _simulate(programs: Path, n_workers: int, n_trials: int, seconds_each: tuple[float, float]) -> None:
    with run_postgres(programs) as postgres, tempfile.TemporaryDirectory() as folder:
        postgres.run("CREATE DATABASE trials", "ALTER SYSTEM SET max_connections = 400")
        postgres.stop()
        postgres.start()
        address = postgres.make_url(database="trials")
        folds = write_folds(Path(folder))
        # As the stage does before the workers start: the tables are there.
        check_storage(address)
        wait = partial(_wait, seconds_each)
        seconds = _run_sweep(folds, Path(folder) / "sweep", n_workers, n_trials, wait, address)
        trials = list_stored_trials(address)
        assert_exact(trials, n_trials)
        lost = sum("lost" in trial.user_attrs for trial in trials)
    shortest, longest = seconds_each
    ideal = n_trials / n_workers * (shortest + longest) / 2
    print(
        f"{n_workers} workers over PostgreSQL, {n_trials} trials of {shortest} to {longest} s: "
        f"{seconds:.1f} s, {ideal / seconds:.0%} of the ideal throughput (at least 90 % is wanted with 16); "
        f"each trial has one outcome, {lost} were run again"
    )


def _run_sweep(
    folds: str, folder: Path, n_workers: int, n_trials: int, evaluate: TrialEvaluator, storage: str = ""
) -> float:
    """Run a sweep and return its seconds, from the first trial's start to the last one's end."""
    storage = storage or str(folder / "journal")
    folder.mkdir()
    workers = [
        _FORK.Process(target=_work, args=(folds, folder, storage, number, n_workers, n_trials, evaluate))
        for number in range(n_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    results = [
        trial.user_attrs["result"] for trial in list_stored_trials(storage) if "result" in trial.user_attrs
    ]
    shutil.rmtree(folder)
    ended = max(float(item["started"] + item["seconds"]) for item in results)
    return ended - min(float(item["started"]) for item in results)


def _work(
    folds: str,
    folder: Path,
    storage: str,
    number: int,
    n_workers: int,
    n_trials: int,
    evaluate: TrialEvaluator,
) -> None:
    scratch = folder / str(number)
    scratch.mkdir()
    place = WorkerSetup(folds, storage, "sweep", is_shared=True, scratch=scratch)
    run_pool(place, Settings(number, n_workers, n_trials, budget_minutes=60), 1, evaluate)


def _wait(
    seconds: tuple[float, float], family: str, parameters: Parameters, data: FoldSet, *more: Any
) -> CrossValidationResult:
    """Wait, and score parameters by a smooth function of them."""
    # Of the system's randomness: forked workers would all wait alike.
    time.sleep(random.SystemRandom().uniform(*seconds))
    numbers = [float(value) for value in parameters.values() if isinstance(value, int | float)]
    score = sum(math.sin(value) for value in numbers) / 20
    return CrossValidationResult([score] * len(data.folds), [0] * len(data.folds), np.zeros((1, 2)), 0.1)


if __name__ == "__main__":
    main()
