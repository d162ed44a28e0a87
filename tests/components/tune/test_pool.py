import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

import components.tune.pool as pool_module
from components._estimators import FAMILIES, Parameters
from components._sweep.cross_validation import CrossValidationResult, TimeCheck, cross_validate, is_never_over
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep
from components.tune.ledger import name_ledger
from components.tune.pool import run_pool
from components.tune.run import Settings
from components.tune.storage import open_storage
from components.tune.study import LAG
from tests.components.tune.sweeps import (
    STUDY,
    assert_exact,
    build_setup,
    collect_outcomes,
    list_stored_trials,
    run_sweep,
    score_toy,
    write_folds,
)

N_TRIALS = 13
SETTINGS = Settings(trials=N_TRIALS)
# Number of the first forest of a sweep.
FOREST = list(FAMILIES).index("extra_trees")
FORK = multiprocessing.get_context("fork")
# Seconds.
_INTO_THE_FIT = 0.005


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


@pytest.fixture(scope="module")
def alone(folds: str, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep that one process makes."""
    return run_sweep(folds, tmp_path_factory.mktemp("sweep") / "alone", SETTINGS)


@pytest.fixture(scope="module")
def toys(folds: str, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep of toy trials that one process makes."""
    return run_sweep(folds, tmp_path_factory.mktemp("sweep") / "toys", SETTINGS, evaluate=score_toy)


def _list_ledgers(journal: Path) -> list[optuna.Study]:
    storage = open_storage(str(journal))
    names = [name for name in optuna.get_all_study_names(storage) if name == name_ledger(STUDY)]
    return [optuna.load_study(study_name=name, storage=storage) for name in names]


@contextmanager
def _kill_trials(journal: Path, *numbers: int, worker: BaseProcess | None = None) -> Iterator[list[int]]:
    """Kill the process of each of these trials of the ledger, after its worker if given; yield the killed."""
    killed: list[int] = []
    stop = threading.Event()

    def is_due(trial: FrozenTrial) -> bool:
        return "proposal" in trial.user_attrs and trial.number in numbers and trial.number not in killed

    def watch() -> None:
        ledgers: list[optuna.Study] = []
        while not stop.is_set():
            ledgers = ledgers or (_list_ledgers(journal) if journal.exists() else [])
            running = [t for s in ledgers for t in s.get_trials(deepcopy=False, states=[TrialState.RUNNING])]
            for trial in filter(is_due, running):
                time.sleep(_INTO_THE_FIT)
                if worker is not None:
                    worker.kill()
                os.kill(trial.user_attrs["claim"]["process"], signal.SIGKILL)
                killed.append(trial.number)
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield killed
    finally:
        stop.set()
        watcher.join()


@pytest.mark.slow
def test_a_sweep_has_exactly_its_trials_and_predictions_of_the_best(folds: str, alone: Sweep) -> None:
    assert [trial.number for trial in alone.trials] == list(range(N_TRIALS))
    assert not any(trial.failure for trial in alone.trials)
    assert list(alone.out_of_fold) == [trial.number for trial in alone.candidates]
    winner = alone.winner
    outcome = cross_validate(winner.family, winner.parameters, FoldSet.load(folds), 0, 1)
    assert winner.fold_scores == tuple(outcome.fold_scores)
    assert outcome.predicted is not None
    np.testing.assert_array_equal(alone.out_of_fold[winner.number], outcome.predicted.astype(np.float32))


def test_a_trial_says_when_and_where_it_ran(alone: Sweep) -> None:
    now = time.time()
    for trial in alone.trials:
        assert now - 600 < trial.started < now
        assert 0 < trial.seconds < 60
        assert trial.predict_ms > 0
        assert trial.process not in (0, os.getpid())


@pytest.mark.slow_variants
@pytest.mark.parametrize("processes", [2, 3])
def test_the_trials_do_not_depend_on_the_number_of_processes(
    folds: str, alone: Sweep, tmp_path: Path, processes: int
) -> None:
    assert collect_outcomes(
        run_sweep(folds, tmp_path / "side-by-side", SETTINGS, processes)
    ) == collect_outcomes(alone)


def _run_worker(folds: str, folder: Path, worker: int, storage: Path) -> None:
    settings = Settings(worker=worker, workers=2, trials=N_TRIALS)
    part = run_sweep(folds, folder / str(worker), settings, 2, storage, score_toy)
    part.save(folder / f"results-{worker}")


@pytest.mark.slow
def test_workers_side_by_side_make_the_same_trials_and_each_knows_them_all(
    folds: str, toys: Sweep, tmp_path: Path
) -> None:
    workers = [
        FORK.Process(target=_run_worker, args=(folds, tmp_path, worker, tmp_path / "journal"))
        for worker in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    parts = [Sweep.load([str(tmp_path / f"results-{worker}")]) for worker in range(2)]
    assert [len(part.trials) for part in parts] == [N_TRIALS, N_TRIALS]
    assert collect_outcomes(*parts) == collect_outcomes(toys)
    assert {trial.worker for trial in parts[0].trials} == {0, 1}
    assert_exact(list_stored_trials(tmp_path / "journal"), N_TRIALS)


def test_a_worker_that_comes_late_finds_nothing_to_do(folds: str, toys: Sweep, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run_sweep(folds, tmp_path / "first", Settings(workers=2, trials=N_TRIALS), 2, journal, score_toy)
    late = run_sweep(folds, tmp_path / "late", Settings(1, 2, N_TRIALS), 1, journal, score_toy)
    assert collect_outcomes(late) == collect_outcomes(toys)
    assert late.out_of_fold == {}


def test_workers_without_a_common_study_repeat_no_trial(folds: str, tmp_path: Path) -> None:
    parts = [
        run_sweep(folds, tmp_path / str(worker), Settings(worker, 3, trials=7), evaluate=score_toy)
        for worker in range(3)
    ]
    assert [[trial.number for trial in part.trials] for part in parts] == [[0, 3, 6], [1, 4], [2, 5]]
    for worker, part in enumerate(parts):
        part.save(tmp_path / f"trials-{worker}")
    whole = Sweep.load([str(tmp_path / f"trials-{worker}") for worker in range(3)])
    assert (whole.n_ended, whole.asked, whole.is_ended_by_time, whole.is_hurried) == (7, 7, False, False)
    tried = [str((trial.family, trial.parameters)) for part in parts for trial in part.trials]
    assert len(set(tried)) == 7


def test_a_worker_without_a_share_starts_no_trial(folds: str, tmp_path: Path) -> None:
    assert run_sweep(folds, tmp_path / "idle", Settings(1, 2, trials=1)).trials == []


@pytest.mark.parametrize("processes", [1, 2])
def test_a_budget_too_small_for_one_trial_leaves_none_and_says_why(
    folds: str, tmp_path: Path, processes: int
) -> None:
    little = Settings(trials=9, budget_minutes=0.005 / 60)
    nothing = run_sweep(folds, tmp_path / "little", little, processes, evaluate=score_toy)
    assert nothing.finished == []
    assert (nothing.n_ended, nothing.asked, nothing.is_ended_by_time) == (0, 9, True)
    assert {trial.failure for trial in nothing.trials} <= {
        "the budget was spent",
        "the budget was used up before it started",
    }


@pytest.mark.slow
def test_a_budget_ends_the_sweep_before_its_trials_are_spent(folds: str, tmp_path: Path) -> None:
    started = time.monotonic()
    part = run_sweep(folds, tmp_path / "part", Settings(trials=100_000, budget_minutes=2 / 60), processes=2)
    assert time.monotonic() - started < 20
    assert 1 <= len(part.finished) < 100_000
    assert (part.asked, part.is_ended_by_time) == (100_000, True)
    cut = [trial.failure for trial in part.trials if trial.failure]
    assert all(reason.startswith("the budget was") for reason in cut)


def _run_slowly(family: str, *more: Any, **options: Any) -> CrossValidationResult:
    time.sleep(0.3)
    return score_toy(family, *more)


@pytest.mark.slow
def test_a_sweep_that_was_cut_off_goes_on_with_its_trials_and_the_time_left(
    folds: str, toys: Sweep, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    short = Settings(trials=N_TRIALS, budget_minutes=1.2 / 60)
    first = run_sweep(folds, tmp_path / "first", short, 2, journal, _run_slowly)
    done = {trial.number for trial in first.finished}
    assert 0 < len(done) < N_TRIALS
    assert first.is_ended_by_time
    # Nothing is left of a budget that was spent.
    assert collect_outcomes(run_sweep(folds, tmp_path / "same", short, 2, journal, score_toy)).keys() >= done
    assert len(run_sweep(folds, tmp_path / "same-2", short, 2, journal, score_toy).finished) == len(done)
    whole = run_sweep(folds, tmp_path / "more", SETTINGS, 2, journal, score_toy)
    assert collect_outcomes(whole) == collect_outcomes(toys)
    assert (whole.n_ended, whole.asked, whole.is_ended_by_time) == (N_TRIALS, N_TRIALS, False)
    trials = list_stored_trials(journal)
    assert_exact(trials, N_TRIALS)
    assert {t.user_attrs["claim"]["attempt"] for t in trials if t.state == TrialState.COMPLETE} == {
        "first",
        "more",
    }


def _run_a_fold_until_the_end(
    family: str,
    parameters: Parameters,
    data: FoldSet,
    seed: int,
    threads: int,
    is_over: TimeCheck,
    is_hopeless: Callable[[list[float]], bool],
) -> CrossValidationResult:
    """Score a toy's first fold, and then wait until the time is over."""
    whole = score_toy(family, parameters, data, seed, threads, is_never_over, is_hopeless)
    while not is_over():
        time.sleep(0.01)
    assert whole.predicted is not None
    predicted = whole.predicted.copy()
    predicted[data.folds[1].score_rows] = np.nan
    return CrossValidationResult(whole.fold_scores[:1], whole.steps[:1], predicted, 0.1)


@pytest.mark.slow
def test_a_trial_that_the_budget_ended_after_some_folds_runs_in_full_later(
    folds: str, toys: Sweep, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    short = Settings(trials=N_TRIALS, budget_minutes=1.0 / 60)
    first = run_sweep(folds, tmp_path / "first", short, 2, journal, _run_a_fold_until_the_end)
    parts = [trial for trial in first.trials if trial.is_part]
    assert parts
    assert all(len(trial.fold_scores) == 1 and trial.family for trial in parts)
    assert (first.n_ended, first.finished, first.is_ended_by_time) == (0, [], True)
    # A model may be made of them, because there is no other.
    assert first.candidates == parts
    assert list(first.out_of_fold) == [trial.number for trial in parts]
    assert first.finish_parts().winner in [replace(trial, is_open=False) for trial in parts]
    first.save(tmp_path / "saved")
    assert Sweep.load([str(tmp_path / "saved")]).trials == first.trials
    assert list_stored_trials(journal, STUDY) == []
    whole = run_sweep(folds, tmp_path / "more", SETTINGS, 2, journal, score_toy)
    assert collect_outcomes(whole) == collect_outcomes(toys)
    assert not any(trial.is_open for trial in whole.trials)
    assert (whole.n_ended, whole.is_ended_by_time) == (N_TRIALS, False)
    assert_exact(list_stored_trials(journal), N_TRIALS)


@pytest.mark.slow_variants
@pytest.mark.parametrize("is_shared", [True, False])
def test_without_a_number_of_trials_time_ends_a_sweep(folds: str, tmp_path: Path, is_shared: bool) -> None:
    journal = tmp_path / "journal" if is_shared else None
    settings = Settings(trials=0, budget_minutes=1.2 / 60)
    started = time.monotonic()
    swept = run_sweep(folds, tmp_path / "first", settings, 2, journal, score_toy)
    assert 0.7 < time.monotonic() - started < 20
    assert len(swept.finished) > 1
    assert (swept.asked, swept.is_ended_by_time) == (0, False)
    assert [trial.number for trial in swept.trials] == list(range(len(swept.trials)))


def test_a_sweep_goes_on_with_more_trials(folds: str, toys: Sweep, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run_sweep(folds, tmp_path / "first", Settings(trials=5), 2, journal, score_toy)
    more = run_sweep(folds, tmp_path / "more", SETTINGS, 2, journal, score_toy)
    assert collect_outcomes(more) == collect_outcomes(toys)


@pytest.mark.slow_variants
@pytest.mark.parametrize("victim", [2, 3])
def test_the_trial_of_a_killed_process_is_run_again(
    folds: str, toys: Sweep, tmp_path: Path, victim: int
) -> None:
    folder = tmp_path / "killed"
    with _kill_trials(folder / "journal", victim) as killed:
        survivor = run_sweep(folds, folder, SETTINGS, processes=2, evaluate=score_toy)
    assert killed == [victim]
    # Trials that look at the dead one waited for its second try, so nothing is different.
    assert victim + LAG < N_TRIALS
    assert collect_outcomes(survivor) == collect_outcomes(toys)


def _kill_itself(family: str, *more: Any, **options: Any) -> CrossValidationResult:
    """Kill the process with every trial of one family."""
    if family == "extra_trees":
        os.kill(os.getpid(), signal.SIGKILL)
    return score_toy(family, *more)


def test_a_trial_that_kills_its_process_fails_and_ends_no_sweep(folds: str, tmp_path: Path) -> None:
    swept = run_sweep(folds, tmp_path / "deadly", Settings(trials=7), processes=2, evaluate=_kill_itself)
    failed = [trial for trial in swept.trials if trial.failure]
    assert [(trial.number, trial.family) for trial in failed] == [
        (list(FAMILIES).index("extra_trees"), "extra_trees")
    ]
    assert failed[0].failure == "its process ended with status -9, 2 times"
    assert len(swept.finished) == 6


def _take_memory(family: str, *more: Any, **options: Any) -> CrossValidationResult:
    """Take 300 MB with every trial of one family."""
    if family == "extra_trees":
        held = np.ones(300_000_000, dtype=np.uint8)
        time.sleep(20)
        del held
    return score_toy(family, *more)


@pytest.mark.slow
def test_a_trial_that_takes_all_memory_fails_and_the_worker_lives(
    folds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = pool_module._read_memory(os.getpid())
    monkeypatch.setattr(pool_module, "read_memory_limit", lambda: int((held + 250_000_000) / 0.9))
    swept = run_sweep(folds, tmp_path / "greedy", Settings(trials=7), processes=2, evaluate=_take_memory)
    (failed,) = (trial for trial in swept.trials if trial.failure)
    assert failed.family == "extra_trees"
    assert "its process used" in failed.failure
    assert len(swept.finished) == 6


def test_what_processes_share_counts_once(folds: str, tmp_path: Path) -> None:
    # The processes have this in common with their parent, and each of them alone uses hardly anything.
    shared = np.ones(300_000_000, dtype=np.uint8)
    held = pool_module._read_memory(os.getpid())
    assert held > shared.nbytes
    setup = build_setup(tmp_path / "shared", folds)
    swept = run_pool(setup, Settings(trials=7), 2, score_toy, int((held + 200_000_000) / 0.9))
    assert len(swept.finished) == 7
    assert swept.notes == []


@pytest.mark.slow
def test_a_worker_that_loses_too_many_processes_says_so(folds: str, tmp_path: Path) -> None:
    swept = run_pool(build_setup(tmp_path / "tight", folds), Settings(trials=0), 2, score_toy, 1_000_000)
    assert "stopped before its time was over, because too many of its processes were lost" in swept.notes[-1]
    assert "MB of the worker's 1 MB" in swept.notes[-1]


@pytest.mark.slow
def test_a_fit_that_cannot_be_interrupted_is_ended_with_the_budget(folds: str, tmp_path: Path) -> None:
    started = time.monotonic()
    short = Settings(trials=7, budget_minutes=1 / 60)
    swept = run_sweep(folds, tmp_path / "stuck", short, processes=2, evaluate=_run_for_ever)
    assert time.monotonic() - started < 15
    reasons = [trial.failure for trial in swept.trials if trial.number == FOREST]
    assert reasons == ["the budget was used up and its fit could not be interrupted"]


def _run_for_ever(family: str, *more: Any, **options: Any) -> CrossValidationResult:
    if family == "extra_trees":
        time.sleep(60)
    return score_toy(family, *more)


def test_a_worker_that_starts_anew_runs_again_what_it_left(folds: str, toys: Sweep, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    first = FORK.Process(target=run_sweep, args=(folds, tmp_path / "first", SETTINGS, 1, journal, score_toy))
    with _kill_trials(journal, 3, worker=first) as killed:
        first.start()
        first.join()
    assert killed == [3]
    again = run_sweep(folds, tmp_path / "again", SETTINGS, storage=journal, evaluate=score_toy)
    assert collect_outcomes(again) == collect_outcomes(toys)
    assert_exact(list_stored_trials(journal), N_TRIALS)


@pytest.mark.slow
def test_a_dead_workers_trials_are_taken_over_by_those_that_live(
    folds: str, toys: Sweep, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    doomed = FORK.Process(
        target=run_sweep, args=(folds, tmp_path / "doomed", Settings(1, 2, N_TRIALS), 1, journal, score_toy)
    )
    with _kill_trials(journal, 1, worker=doomed) as killed:
        doomed.start()
        doomed.join()
        assert killed == [1]
    survivor = run_sweep(folds, tmp_path / "survivor", Settings(0, 2, N_TRIALS), 1, journal, score_toy)
    assert collect_outcomes(survivor) == collect_outcomes(toys)


@pytest.mark.slow
def test_the_processes_of_a_killed_worker_end_by_themselves(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    worker = FORK.Process(
        target=run_sweep, args=(folds, tmp_path / "worker", Settings(trials=10_000), 2, journal, score_toy)
    )
    worker.start()
    claims: set[int] = set()
    while len(claims) < 2:
        time.sleep(0.05)
        claims = {t.user_attrs["claim"]["process"] for s in _list_ledgers(journal) for t in s.trials}
    worker.kill()
    worker.join()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{process}").exists() for process in claims):
        assert time.monotonic() < end, "a process outlived its worker"
        time.sleep(0.05)
