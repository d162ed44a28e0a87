import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from components._model.folds import FoldSet
from components._model.trials import Sweep
from components.tune.run import Settings
from components.tune.search import LAG
from components.tune.trial import cross_validate
from tests.components.tune.sweeps import N_ROWS, outcomes, sweep, write_folds

N_TRIALS = 13
SETTINGS = Settings(trials=N_TRIALS)
# Seconds. A process that is killed while it writes leaves the journal locked for half a minute.
_INTO_THE_FIT = 0.005


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


@pytest.fixture(scope="module")
def alone(folds: str, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep that one process makes."""
    return sweep(folds, tmp_path_factory.mktemp("sweep") / "alone", SETTINGS)


def _study(journal: Path) -> optuna.Study | None:
    storage = JournalStorage(JournalFileBackend(str(journal)))
    names = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=names[0], storage=storage) if names else None


@contextmanager
def _killing(journal: Path, *numbers: int, worker: BaseProcess | None = None) -> Iterator[list[int]]:
    """Kill the process of each of these trials while it fits, after its worker if given; yield the killed."""
    killed: list[int] = []
    stop = threading.Event()

    def is_due(trial: FrozenTrial) -> bool:
        started = "parameters" in trial.user_attrs
        return started and trial.number in numbers and trial.number not in killed

    def watch() -> None:
        study = None
        while not stop.is_set():
            study = study or (_study(journal) if journal.exists() else None)
            running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING]) if study else []
            for trial in filter(is_due, running):
                time.sleep(_INTO_THE_FIT)
                if worker is not None:
                    worker.kill()
                os.kill(trial.user_attrs["pid"], signal.SIGKILL)
                killed.append(trial.number)
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield killed
    finally:
        stop.set()
        watcher.join()


def test_a_sweep_has_exactly_its_trials_and_predictions_of_the_best(folds: str, alone: Sweep) -> None:
    assert [trial.number for trial in alone.trials] == list(range(N_TRIALS))
    assert not any(trial.failure for trial in alone.trials)
    assert list(alone.out_of_fold) == [(0, trial.number) for trial in alone.finished[:10]]
    winner = alone.winner
    scores, predicted = cross_validate(winner.family, winner.parameters, FoldSet.load(folds), 0, 1)
    assert winner.fold_scores == tuple(scores)
    np.testing.assert_array_equal(alone.out_of_fold[0, winner.number], predicted)


@pytest.mark.parametrize("processes", [2, 3])
def test_the_trials_do_not_depend_on_the_number_of_processes(
    folds: str, alone: Sweep, tmp_path: Path, processes: int
) -> None:
    assert outcomes(sweep(folds, tmp_path / "side-by-side", SETTINGS, processes)) == outcomes(alone)


def test_workers_one_after_the_other_make_the_same_trials_on_one_journal(
    folds: str, alone: Sweep, tmp_path: Path
) -> None:
    parts = [
        sweep(
            folds,
            tmp_path / str(worker),
            Settings(worker=worker, workers=2, trials=N_TRIALS),
            journal=tmp_path / "journal",
        )
        for worker in range(2)
    ]
    assert [len(part.trials) for part in parts] == [7, 6]
    assert outcomes(*parts) == outcomes(alone)


def _run_worker(folds: str, folder: Path, worker: int) -> None:
    settings = Settings(worker=worker, workers=2, trials=N_TRIALS)
    sweep(folds, folder / str(worker), settings, journal=folder / "journal").save(
        folder / f"results-{worker}"
    )


def test_workers_side_by_side_make_the_same_trials_on_one_journal(
    folds: str, alone: Sweep, tmp_path: Path
) -> None:
    workers = [
        multiprocessing.get_context("fork").Process(target=_run_worker, args=(folds, tmp_path, worker))
        for worker in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    parts = [Sweep.load([str(tmp_path / f"results-{worker}")]) for worker in range(2)]
    assert [len(part.trials) for part in parts] == [7, 6]
    assert outcomes(*parts) == outcomes(alone)


def test_workers_without_a_common_journal_repeat_no_trial(folds: str, tmp_path: Path) -> None:
    parts = [
        sweep(folds, tmp_path / str(worker), Settings(worker=worker, workers=3, trials=7))
        for worker in range(3)
    ]
    assert [len(part.trials) for part in parts] == [3, 2, 2]
    tried = [str((trial.family, trial.parameters)) for part in parts for trial in part.trials]
    assert len(set(tried)) == 7


def test_a_worker_without_a_share_starts_no_trial(folds: str, tmp_path: Path) -> None:
    idle = sweep(folds, tmp_path / "idle", Settings(worker=1, workers=2, trials=1))
    assert idle.trials == []


@pytest.mark.parametrize("processes", [1, 2])
def test_a_spent_budget_leaves_the_first_trial(folds: str, tmp_path: Path, processes: int) -> None:
    little = Settings(trials=9, budget_minutes=1e-9)
    assert [trial.number for trial in sweep(folds, tmp_path / "little", little, processes).finished] == [0]


def test_a_budget_ends_the_sweep_before_its_trials_are_spent(folds: str, tmp_path: Path) -> None:
    part = sweep(folds, tmp_path / "part", Settings(trials=100_000, budget_minutes=1 / 60), processes=2)
    assert 1 <= len(part.finished) < 100_000
    cut = [trial.failure for trial in part.trials if trial.failure]
    assert len(cut) <= 2
    assert all(reason.startswith("OutOfTime: the budget was spent after") for reason in cut)


@pytest.mark.parametrize("victim", [2, 3])
def test_a_killed_process_costs_its_trial_alone(
    folds: str, alone: Sweep, tmp_path: Path, victim: int
) -> None:
    scratch = tmp_path / "killed"
    with _killing(scratch / "journal", victim) as killed:
        survivor = sweep(folds, scratch, SETTINGS, processes=2)
    assert killed == [victim]
    # It ends although trials that may look at the dead one wait for it.
    assert victim + LAG < N_TRIALS
    reached, expected = outcomes(survivor), outcomes(alone)
    assert list(reached) == list(range(N_TRIALS))
    assert survivor.trials[victim].failure == "its process ended with status -9"
    # From here on the dead trial would have been looked at.
    for number in set(range(victim + LAG)) - {victim}:
        assert reached[number] == expected[number]


def test_processes_are_replaced_a_few_times_only(folds: str, tmp_path: Path) -> None:
    scratch = tmp_path / "doomed"
    # All but the linear models, which are too quick to be caught.
    with _killing(scratch / "journal", 0, 2, 3, 6, 7) as killed:
        doomed = sweep(folds, scratch, SETTINGS)
    assert killed == [0, 2, 3, 6]
    assert {trial.number for trial in doomed.finished} == {1, 4, 5}
    reasons = {trial.number: trial.failure for trial in doomed.trials if trial.failure}
    assert reasons == dict.fromkeys(killed, "its process ended with status -9")


def test_a_worker_that_starts_anew_gives_up_the_trials_it_left(
    folds: str, alone: Sweep, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    first = multiprocessing.get_context("fork").Process(
        target=sweep, args=(folds, tmp_path / "first", SETTINGS), kwargs={"journal": journal}
    )
    with _killing(journal, 3, worker=first) as killed:
        first.start()
        first.join()
    assert killed == [3]
    again = sweep(folds, tmp_path / "again", SETTINGS, journal=journal)
    assert len(again.finished) == N_TRIALS
    left = {trial.state for trial in _study(journal).trials}
    assert TrialState.RUNNING not in left


def test_sweeps_of_other_folds_keep_apart_in_one_journal(folds: str, alone: Sweep, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    others = write_folds(tmp_path, metric="neg_log_loss")
    sweep(others, tmp_path / "others", Settings(trials=2), journal=journal)
    mine = sweep(folds, tmp_path / "mine", Settings(trials=2), journal=journal)
    assert outcomes(mine) == {number: outcomes(alone)[number] for number in range(2)}


def test_a_trial_that_fails_is_recorded_and_ends_no_sweep(tmp_path: Path) -> None:
    # Never negative itself; means of it are not either, but a straight line through it is.
    y = np.exp(2 * np.random.default_rng(0).normal(size=(N_ROWS, 4)).astype(np.float32)[:, 0]).astype(float)
    folds = write_folds(tmp_path, "regression", y, metric="neg_mean_squared_log_error")
    mixed = sweep(folds, tmp_path / "mixed", Settings(trials=4))
    assert [trial.number for trial in mixed.trials] == [0, 1, 2, 3]
    (failed,) = (trial for trial in mixed.trials if trial.family == "linear")
    assert failed.failure.startswith("ValueError: Mean Squared Logarithmic Error cannot be used when")
    assert failed.fold_scores == ()
    assert mixed.winner.family == "extra_trees"
