"""A sweep's trials beside the bare fits and scores of the same parameters.

The sweep runs through the pool with one process. The baseline fits the same estimators on the same folds in
one loop and scores them, with no study, no journal and no process. On a busy machine the ratio of the
processor times is the one to trust; that of the clock also counts waiting.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from components._problem.spec import Problem
from components._sweep.cross_validation import cross_validate
from components._sweep.folds import Fold, FoldSet
from components._sweep.trials import Sweep
from components.tune.pool import run_pool
from components.tune.settings import Settings
from components.tune.worker_setup import WorkerSetup

TRIALS = 30
ROWS = 8_000
FEATURES = 20


def main() -> None:
    """Print the seconds of both and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        folds = write_folds(Path(folder))
        sweep, through = _run_sweep(folds, Path(folder))
        bare = _run_bare(folds, sweep)
    print(f"sweep of {TRIALS} trials, {ROWS:,} rows, one process: {through.clock:.2f} s")
    print(f"their bare fits and scores:                   {bare.clock:.2f} s")
    print(f"ratio: {through.clock / bare.clock:.3f} by the clock (at most 1.05 is wanted)")
    print(f"       {through.processor / bare.processor:.3f} in processor time")


class Seconds(NamedTuple):
    clock: float
    processor: float


def _get_time() -> Seconds:
    """Return the time, and what this process and its ended children have used."""
    return Seconds(time.perf_counter(), sum(os.times()[:4]))


def _measure_since(start: Seconds) -> Seconds:
    return Seconds(*(after - before for before, after in zip(start, _get_time(), strict=True)))


def _run_sweep(folds: str, scratch: Path) -> tuple[Sweep, Seconds]:
    place = WorkerSetup(folds, str(scratch / "journal"), "overhead", is_shared=False, scratch=scratch)
    start = _get_time()
    sweep = run_pool(place, Settings(trials=TRIALS, budget_minutes=60), processes=1)
    return sweep, _measure_since(start)


def _run_bare(folds: str, sweep: Sweep) -> Seconds:
    data = FoldSet.load(folds)
    start = _get_time()
    with threadpool_limits(limits=1):
        for trial in sweep.trials:
            n_folds = len(trial.fold_scores)
            outcome = cross_validate(
                trial.family,
                trial.parameters,
                data,
                seed=0,
                threads=1,
                is_hopeless=partial(_is_whole, n_folds),
            )
            assert tuple(outcome.fold_scores) == trial.fold_scores, "the baseline must do the same work"
    return _measure_since(start)


def write_folds(folder: Path) -> str:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    signal = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + np.sin(2 * matrix[:, 3])
    y = (rng.random(ROWS) < 1 / (1 + np.exp(-signal))).astype(np.int64)
    folds = [
        Fold(
            matrix[fit],
            y[fit],
            matrix[score],
            score,
            np.zeros(FEATURES, dtype=np.int64),
            np.full(FEATURES, ""),
        )
        for fit, score in StratifiedKFold(5, shuffle=True, random_state=0).split(matrix, y)
    ]
    problem = Problem(
        target="y", task="binary", metric="roc_auc", classes=("no", "yes"), positive_label="yes"
    )
    FoldSet(problem, y, folds).save(folder / "folds")
    return str(folder / "folds")


def _is_whole(n_folds: int, scores: Sequence[float]) -> bool:
    """Return whether every fold has a score; a trial then does all its work and is pruned at the end."""
    return len(scores) == n_folds


if __name__ == "__main__":
    main()
