"""Sweeps over a real PostgreSQL server, which restarts, and whose workers die."""

import json
import multiprocessing
import random
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from components._sweep.trials import NoTrialFinished, Sweep
from components.errors import InvalidSetting
from components.tune.pool import run_pool
from components.tune.run import Settings, run
from components.tune.storage import StorageLost, _FileLock, check_storage, is_transient, open_storage, retry
from tests.components.tune.sweeps import (
    assert_exact,
    build_setup,
    collect_outcomes,
    list_stored_trials,
    run_sweep,
    score_toy,
    write_folds,
)
from tests.postgres import Postgres

N_TRIALS = 11
FORK = multiprocessing.get_context("fork")
# Seconds of a test in which workers are killed again and again.
_SLAUGHTER = 120.0


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


@pytest.fixture
def sweeps(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """Address of an empty database with a user of its own."""
    name = f"trials_{abs(hash(request.node.name))}"
    postgres.run(
        f"CREATE USER {name} PASSWORD 'let-me-in'",
        f"CREATE DATABASE {name} OWNER {name}",
    )
    return postgres.make_url(name, "let-me-in", name)


def _run_worker(folds: str, results: Path, worker: int) -> None:
    settings = Settings(worker=worker, workers=2, trials=N_TRIALS)
    run(folds=folds, results=str(results / str(worker)), study="sweep", settings=settings)


@pytest.mark.slow
def test_workers_side_by_side_make_the_trials_of_one_alone(
    folds: str, sweeps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = run_sweep(folds, tmp_path / "alone", Settings(trials=N_TRIALS))
    monkeypatch.setenv("KFP_TABULAR_STUDY_URL", sweeps)
    # The database counts, not the file that a local run would share.
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", str(tmp_path / "journal"))
    workers = [FORK.Process(target=_run_worker, args=(folds, tmp_path, number)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    swept = Sweep.load([str(tmp_path / str(number)) for number in range(2)])
    assert collect_outcomes(swept) == collect_outcomes(alone)
    assert swept.out_of_fold.keys() == alone.out_of_fold.keys()
    assert not (tmp_path / "journal").exists()
    assert_exact(list_stored_trials(sweeps), N_TRIALS)


def _run_toy_worker(folds: str, folder: Path, storage: str, settings: Settings) -> None:
    run_pool(build_setup(folder, folds, storage, patience=60.0, grace=4.0), settings, 2, score_toy).save(
        folder / "results"
    )


@pytest.mark.slow
def test_workers_killed_at_any_moment_lose_and_repeat_nothing(
    folds: str, sweeps: str, tmp_path: Path
) -> None:
    n_trials, n_workers = 800, 3
    rng = random.Random(0)
    folders: dict[multiprocessing.process.BaseProcess, Path] = {}

    def start_worker(worker: int) -> multiprocessing.process.BaseProcess:
        settings = Settings(worker, n_workers, n_trials)
        folder = tmp_path / f"attempt-{len(folders)}"
        process = FORK.Process(target=_run_toy_worker, args=(folds, folder, sweeps, settings))
        folders[process] = folder
        process.start()
        return process

    workers = [start_worker(number) for number in range(n_workers)]
    end = time.monotonic() + _SLAUGHTER
    n_kills = 0
    while time.monotonic() < end and any(worker.is_alive() for worker in workers):
        time.sleep(rng.uniform(0.2, 1.5))
        number = rng.randrange(n_workers)
        if workers[number].is_alive():
            workers[number].kill()
            workers[number].join()
            n_kills += 1
        if rng.random() < 0.8 and not workers[number].is_alive():
            workers[number] = start_worker(number)
    # Whoever died last comes back, late.
    workers = [
        worker if worker.is_alive() or worker.exitcode == 0 else start_worker(number)
        for number, worker in enumerate(workers)
    ]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    trials = list_stored_trials(sweeps)
    assert n_kills >= 10
    assert sum("lost" in trial.user_attrs for trial in trials) >= 5
    assert_exact(trials, n_trials)
    # Killing changed nothing: it is the sweep that one worker makes in peace.
    alone = run_pool(build_setup(tmp_path / "alone", folds), Settings(trials=n_trials), 2, score_toy)
    # Of those that ended by themselves: a worker that is killed while it writes leaves a part of its results.
    last = Sweep.load([str(folders[worker] / "results") for worker in workers])
    assert collect_outcomes(last) == collect_outcomes(alone)


@pytest.mark.slow
def test_a_database_that_crashes_and_comes_back_costs_nothing(
    folds: str, sweeps: str, postgres: Postgres, tmp_path: Path
) -> None:
    n_trials = 150
    worker = FORK.Process(
        target=_run_toy_worker, args=(folds, tmp_path / "worker", sweeps, Settings(trials=n_trials))
    )
    worker.start()
    for _ in range(3):
        time.sleep(2.0)
        postgres.stop()
        time.sleep(1.0)
        postgres.start()
    worker.join()
    assert worker.exitcode == 0
    trials = list_stored_trials(sweeps)
    assert_exact(trials, n_trials)
    swept = Sweep.load([str(tmp_path / "worker" / "results")])
    assert swept.notes == []
    alone = run_pool(build_setup(tmp_path / "alone", folds), Settings(trials=n_trials), 2, score_toy)
    assert collect_outcomes(swept) == collect_outcomes(alone)


@pytest.mark.slow
def test_a_worker_that_loses_the_database_for_good_keeps_what_it_has(
    folds: str, sweeps: str, postgres: Postgres, tmp_path: Path
) -> None:
    setup = build_setup(tmp_path / "cut-off", folds, sweeps, patience=1.0)
    context = multiprocessing.get_context("fork")
    stopper = context.Process(target=_stop_after, args=(postgres, setup.scratch, 4))
    stopper.start()
    try:
        swept = run_pool(setup, Settings(trials=10_000), 2, score_toy)
    finally:
        stopper.join()
        postgres.start()
    assert len(swept.finished) >= 4
    assert swept.out_of_fold
    assert swept.notes
    assert all(note.startswith("Worker 0 lost the sweep's storage: ") for note in swept.notes)
    assert "let-me-in" not in json.dumps(swept.notes)


def _stop_after(postgres: Postgres, scratch: Path, n_trials: int) -> None:
    while len(list(scratch.glob("*.npy"))) < n_trials:
        time.sleep(0.05)
    postgres.stop()


def test_a_worker_that_never_reaches_its_storage_has_no_trials_and_says_why(
    folds: str, tmp_path: Path
) -> None:
    address = "postgresql+psycopg://sweeper:5ec7e7@127.0.0.1:9/sweeps"
    setup = build_setup(tmp_path / "cut-off", folds, address, patience=0.5)
    swept = run_pool(setup, Settings(1, 2, trials=4), 1, score_toy)
    (note,) = swept.notes
    assert note.startswith("Worker 1 lost the sweep's storage: ")
    assert "onnection refused" in note
    assert "5ec7e7" not in note
    with pytest.raises(NoTrialFinished, match="No trial of the sweep finished: Worker 1 lost"):
        _ = swept.winner


@pytest.mark.slow
def test_a_wrong_password_is_an_error_that_does_not_show_it(folds: str, sweeps: str, tmp_path: Path) -> None:
    address = sweeps.replace("let-me-in", "5ec7e7")
    with pytest.raises(InvalidSetting, match="password authentication failed") as caught:
        run_sweep(folds, tmp_path / "refused", Settings(trials=2), storage=address)
    assert "5ec7e7" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("postgresql+psycopg://sweeper:5ec7e7@127.0.0.1:9/sweeps", "onnection refused"),
        ("nosql+driver://sweeper:5ec7e7@host/sweeps", "load plugin"),
        ("postgresql+psycopg://sweeper:5ec7e7@:port/sweeps", "'port'"),
        ("grpc://host", "a proxy's address is grpc://host:port"),
    ],
)
def test_a_database_that_cannot_be_used_is_an_error_without_its_password(address: str, cause: str) -> None:
    with pytest.raises(InvalidSetting, match=f"The sweep's database cannot be used: .*{cause}") as caught:
        check_storage(address, patience=0.0)
    assert "5ec7e7" not in str(caught.value)
    assert "make doctor" in caught.value.remedy


@pytest.mark.slow
def test_a_database_that_is_away_for_20_s_is_waited_for(sweeps: str, postgres: Postgres) -> None:
    check_storage(sweeps)
    postgres.stop()
    timer = threading.Timer(20.0, postgres.start)
    timer.start()
    try:
        started = time.monotonic()
        check_storage(sweeps)
        assert time.monotonic() - started >= 20
    finally:
        timer.join()


@pytest.mark.slow
def test_a_database_that_is_away_for_good_is_an_error_within_90_s() -> None:
    started = time.monotonic()
    with pytest.raises(InvalidSetting, match=r"onnection refused(?s:.*)Check KFP_TABULAR_STUDY_URL"):
        check_storage("postgresql+psycopg://sweeper:5ec7e7@127.0.0.1:9/sweeps")
    assert 25 < time.monotonic() - started < 90


def test_a_wrong_password_is_an_error_at_once(sweeps: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidSetting, match="password authentication failed"):
        check_storage(sweeps.replace("let-me-in", "5ec7e7"))
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("why", "may_pass"),
    [
        # As psycopg says it of a name server that restarts, and of a host that there is not.
        ("failed to resolve host 'postgres': [Errno -3] Temporary failure in name resolution", True),
        ("failed to resolve host 'postgers': [Errno -2] Name or service not known", False),
        ('connection failed: connection to server at "10.0.0.1", port 5432 failed: timeout expired', True),
        ('connection failed: FATAL:  password authentication failed for user "sweeps"', False),
    ],
)
def test_what_may_pass_is_waited_for(why: str, may_pass: bool) -> None:
    error = OperationalError("connect", {}, psycopg.OperationalError(why))
    assert is_transient(error) == may_pass


def test_no_database_is_no_mistake() -> None:
    check_storage(None)


def test_a_storage_that_does_not_answer_is_called_again_until_the_time_is_over() -> None:
    calls = []

    class ConnectionLost(Exception):
        __module__ = "grpc._channel"

    def answer() -> str:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise ConnectionLost("no route")
        return "here"

    assert retry(answer, 5.0) == "here"
    assert len(calls) == 3
    with pytest.raises(StorageLost, match="no route"):
        retry(lambda: (_ for _ in ()).throw(ConnectionLost("no route")), 0.0)


def test_a_defect_is_not_retried() -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise KeyError("a defect")

    with pytest.raises(KeyError, match="a defect"):
        retry(fail, 5.0)
    assert calls == [1]


def test_a_journal_is_locked_only_as_long_as_its_holder_lives(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    open_storage(journal)
    holder = FORK.Process(target=_hold, args=(journal,))
    holder.start()
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    holder.kill()
    holder.join()
    started = time.monotonic()
    open_storage(journal).create_new_study([], "next")
    assert time.monotonic() - started < 5.0


def _hold(journal: str) -> None:
    _FileLock(journal).acquire()
    Path(journal).with_name("held").touch()
    time.sleep(60)
