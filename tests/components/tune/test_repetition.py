import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components._sweep.cross_validation import RecordedTime, cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult
from components.errors import InvalidSetting
from components.tune.repetition import repeat_sweep
from components.tune.run import Settings
from tests.components._model.tables import SMALL
from tests.components.tune.sweeps import write_folds


class _Ending:
    """A ``TimeCheck`` that is over from its nth call on."""

    def __init__(self, last: int) -> None:
        self._left = last

    def __call__(self, share: float = 1.0) -> bool:
        self._left -= 1
        return self._left <= 0


def run_trial(folds: FoldSet, number: int, family: str, last: int = 10_000) -> tuple[TrialResult, np.ndarray]:
    """Run a trial whose time is over at its ``last`` check, and return it with its predictions."""
    time = RecordedTime(_Ending(last))
    outcome = cross_validate(family, SMALL[family], folds, seed=0, threads=1, is_over=time)
    assert outcome.predicted is not None
    trial = TrialResult(
        number,
        0,
        family,
        SMALL[family],
        tuple(outcome.fold_scores),
        tuple(outcome.steps),
        tuple(time.stops),
        seconds=3.0,
        process=7,
    )
    return replace(trial, is_open=len(trial.fold_scores) < len(folds.folds)), outcome.predicted.astype(
        np.float32
    )


@pytest.fixture
def folds(tmp_path: Path) -> FoldSet:
    return FoldSet.load(write_folds(tmp_path))


def record(tmp_path: Path, sweep: Sweep) -> Path:
    sweep.save(tmp_path / "recorded")
    return tmp_path / "recorded" / "trials.json"


def test_trials_that_time_cut_are_the_same_again(tmp_path: Path, folds: FoldSet) -> None:
    cut = [
        run_trial(folds, 0, "linear"),
        # In the first fold: the second one does not begin.
        run_trial(folds, 1, "lightgbm", last=4),
        # In the second fold.
        run_trial(folds, 2, "lightgbm", last=200),
        run_trial(folds, 3, "network", last=3),
    ]
    assert [len(trial.fold_scores) for trial, _ in cut] == [2, 1, 2, 1]
    assert cut[2][0].stops
    failed = TrialResult(4, 1, "network", {}, failure="no memory")
    pruned = TrialResult(5, 1, "linear", SMALL["linear"], (0.1,), (0,), is_pruned=True)
    trials = [*(trial for trial, _ in cut), failed, pruned]
    sweep = Sweep(trials, {}, ["a note"], 30, True)
    again = repeat_sweep(record(tmp_path, sweep), folds, Settings(), processes=2)
    assert (again.trials, again.notes, again.asked, again.is_out_of_time) == (trials, ["a note"], 30, True)
    assert sorted(again.out_of_fold) == [0, 1, 2, 3]
    for trial, predicted in cut:
        np.testing.assert_array_equal(again.out_of_fold[trial.number], predicted)


def test_without_their_stops_they_would_not_be(tmp_path: Path, folds: FoldSet) -> None:
    trial, _ = run_trial(folds, 0, "lightgbm", last=60)
    path = record(tmp_path, Sweep([replace(trial, stops=())], {}, [], 0, True))
    (again,) = repeat_sweep(path, folds, Settings(), processes=1).trials
    assert again.fold_scores != trial.fold_scores


def test_workers_share_the_trials(tmp_path: Path, folds: FoldSet) -> None:
    trials = [run_trial(folds, number, "linear")[0] for number in range(3)]
    path = record(tmp_path, Sweep(trials, {}, ["a note"], 3))
    parts = [repeat_sweep(path, folds, Settings(worker=i, workers=2), processes=1) for i in range(2)]
    assert [[trial.number for trial in part.trials] for part in parts] == [[0, 2], [1]]
    assert [part.notes for part in parts] == [["a note"], []]


def test_trials_of_other_folds_are_refused(tmp_path: Path, folds: FoldSet) -> None:
    trial = TrialResult(0, 0, "linear", SMALL["linear"], (0.1, 0.2, 0.3), (0, 0, 0))
    path = record(tmp_path, Sweep([trial], {}))
    with pytest.raises(InvalidSetting, match="have 3 folds, and these folds are 2"):
        repeat_sweep(path, folds, Settings(), processes=1)


def test_a_trial_that_fails_now_is_a_failure(tmp_path: Path, folds: FoldSet) -> None:
    trial = TrialResult(0, 0, "linear", {**SMALL["linear"], "strength": -1.0}, (0.1, 0.2), (0, 0))
    (again,) = repeat_sweep(record(tmp_path, Sweep([trial], {})), folds, Settings(), processes=1).trials
    assert again.failure
    assert json.dumps(again.failure)
