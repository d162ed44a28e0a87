"""A recorded sweep again: its trials are run with their own parameters, and nothing is searched.

What time ended, no other run repeats, because another machine tries more or fewer trials in it. With the
record the model is chosen from the same trials.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from components._sweep.cross_validation import RepeatedTime, cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult, parse_trial
from components.errors import InvalidSetting
from components.json_file import read_json
from components.processes import map_in_processes
from components.tune.settings import Settings
from components.tune.trial_process import FAILURES


class _Repetition(NamedTuple):
    """What every process needs."""

    data: FoldSet
    seed: int


def repeat_sweep(record: Path, data: FoldSet, settings: Settings, processes: int) -> Sweep:
    """Run a worker's share of a sweep's trials again.

    Trials that failed or were pruned are kept as they are recorded: nothing is made of them. The times are
    those of the record too, because members are chosen by them if time is short.

    Parameters
    ----------
    record : Path
        What ``Sweep.save`` wrote of the sweep.
    data : FoldSet
        The folds.
    settings : Settings
        The worker's number, and the seed.
    processes : int
        Trials to run at the same time.

    Raises
    ------
    InvalidSetting
        The trials had other folds.
    """
    stored = read_json(record)
    recorded = [parse_trial(trial) for trial in stored["trials"]][settings.worker :: settings.workers]
    most = max((len(trial.fold_scores) for trial in recorded), default=0)
    if most > len(data.folds):
        raise InvalidSetting(
            f"The trials of {record} have {most} folds, and these folds are {len(data.folds)}.",
            "Repeat the sweep with its own code, data and parameters.",
        )
    again = [trial for trial in recorded if trial.fold_scores and not trial.is_pruned and not trial.failure]
    results = dict(
        zip(
            (trial.number for trial in again),
            map_in_processes(_repeat_trial, _Repetition(data, settings.seed), again, processes),
            strict=True,
        )
    )
    trials = [results[trial.number][0] if trial.number in results else trial for trial in recorded]
    # The notes of all workers are in the record; one worker repeats them.
    notes = stored["notes"] if settings.worker == 0 else []
    sweep = Sweep(trials, {}, notes, stored["asked"], stored["is_out_of_time"])
    for trial in sweep.candidates:
        predicted = results[trial.number][1] if trial.number in results else None
        if predicted is not None:
            sweep.out_of_fold[trial.number] = predicted
    return sweep


def _repeat_trial(repetition: _Repetition, trial: TrialResult) -> tuple[TrialResult, np.ndarray | None]:
    data = repetition.data
    try:
        with threadpool_limits(limits=1):
            outcome = cross_validate(
                trial.family,
                trial.parameters,
                data,
                repetition.seed,
                threads=1,
                is_over=RepeatedTime(trial.stops),
            )
    except FAILURES as error:
        failure = f"{type(error).__name__}: {error}"
        return replace(trial, fold_scores=(), steps=(), failure=failure), None
    assert outcome.predicted is not None
    again = replace(trial, fold_scores=tuple(outcome.fold_scores), steps=tuple(outcome.steps))
    return again, outcome.predicted.astype(np.float32)
