"""The end of a sweep: the trials of all workers in one place, and the page about them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from components._sweep.cross_validation import RepeatedTime, cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep
from components.tune.report import render_sweep_page

# Most trials that are scored again because their predictions were lost with their worker.
_MOST_RESTORED = 5


def join_workers(*, folds: str, parts: list[str], results: str, report: str, seed: int) -> None:
    """Join the trials of all workers, with the predictions that the model is chosen by, and report them.

    Parameters
    ----------
    folds : str
        Path to read.
    parts : list of str
        Paths of every worker's trials.
    results, report : str
        Paths to write.
    seed : int
        Seed of the sweep.

    Raises
    ------
    NoTrialFinished
        No worker has a finished trial.
    """
    sweep, data = Sweep.load(parts).finish_parts(), FoldSet.load(folds)
    _ = sweep.winner  # raises the error early
    replace(sweep, out_of_fold=_complete_predictions(sweep, data, seed)).save(results)
    Path(report).write_text(render_sweep_page(sweep, data, seed), encoding="utf-8")


def _complete_predictions(sweep: Sweep, folds: FoldSet, seed: int) -> dict[int, np.ndarray]:
    """Return the predictions of the trials to choose from; lost ones of the best of them are made again."""
    known = dict(sweep.out_of_fold)
    lost = [trial for trial in sweep.candidates if trial.number not in known and not trial.is_part]
    for trial in lost[:_MOST_RESTORED]:
        with threadpool_limits(limits=1):
            outcome = cross_validate(
                trial.family,
                trial.parameters,
                folds,
                seed,
                threads=1,
                is_over=RepeatedTime(trial.stops),
            )
        assert outcome.predicted is not None
        known[trial.number] = outcome.predicted.astype(np.float32)
    return {trial.number: known[trial.number] for trial in sweep.candidates if trial.number in known}
