"""Workers that ask a proxy in place of the database."""

import multiprocessing
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from components._sweep.trials import Sweep
from components.errors import InvalidSetting
from components.tune.run import Settings, run
from components.tune.storage import open_storage
from pipelines.catalogue import ROOT
from tests.components.tune.sweeps import (
    STUDY,
    assert_exact,
    collect_outcomes,
    list_stored_trials,
    run_sweep,
    write_folds,
)
from tests.postgres import Postgres
from tests.sweeps_proxy import COMMAND, find_free_port, run_proxy

N_TRIALS = 11


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    postgres.run("CREATE USER proxied PASSWORD 'let-me-in'", "CREATE DATABASE proxied OWNER proxied")
    return postgres.make_url("proxied", "let-me-in", "proxied")


@pytest.fixture
def port() -> int:
    return find_free_port()


def _run_worker(folds: str, results: Path, worker: int) -> None:
    settings = Settings(worker=worker, workers=2, trials=N_TRIALS)
    run(folds=folds, results=str(results / str(worker)), study=STUDY, settings=settings)


@pytest.mark.slow
def test_workers_by_way_of_a_proxy_make_the_trials_of_one_alone_although_it_is_started_anew(
    database: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = write_folds(tmp_path)
    alone = run_sweep(folds, tmp_path / "alone", Settings(trials=N_TRIALS))
    monkeypatch.setenv("KFP_TABULAR_STUDY_URL", f"grpc://127.0.0.1:{port}")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_run_worker, args=(folds, tmp_path, number)) for number in range(2)]
    with run_proxy(database, port) as first:
        for worker in workers:
            worker.start()
        end = time.monotonic() + 60
        while not _count_finished(database) >= 2:
            assert time.monotonic() < end, "no trial ended"
            time.sleep(0.1)
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
    with run_proxy(database, port):
        for worker in workers:
            worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    parts = [Sweep.load([str(tmp_path / str(number))]) for number in range(2)]
    assert collect_outcomes(*parts) == collect_outcomes(alone)
    assert_exact(list_stored_trials(database), N_TRIALS)


def _count_finished(database: str) -> int:
    try:
        return sum(trial.state.is_finished() for trial in list_stored_trials(database))
    except KeyError:
        # The study is not there yet.
        return 0


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("address", "says"),
    [
        (
            "",
            "KFP_TABULAR_STUDY_URL must be the address of the proxy's database.\nSet it to postgresql+psycopg://",
        ),
        ("grpc://host:13000", "must be the address of the proxy's database."),
        ("studies/journal", "must be the address of the proxy's database."),
    ],
)
def test_without_a_database_there_is_no_proxy(address: str, says: str) -> None:
    environment = {**os.environ, "KFP_TABULAR_STUDY_URL": address}
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_database_that_lets_nobody_in_is_told_and_the_password_is_not(database: str) -> None:
    address = database.replace("let-me-in", "5ec7e7")
    environment = {**os.environ, "KFP_TABULAR_STUDY_URL": address}
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "password authentication failed" in done.stderr
    assert "5ec7e7" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_told(database: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "KFP_TABULAR_STUDY_URL": database},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 1
    assert f"Cannot listen at 127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("grpc://127.0.0.1:{port}", "no proxy answers at 127.0.0.1:{port}"),
        ("grpc://127.0.0.1", "a proxy's address is grpc://host:port"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(
    address: str, says: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.tune.storage._PROXY_PATIENCE", 0.5)
    with pytest.raises(InvalidSetting, match=f"cannot be used: {says.format(port=port)}"):
        open_storage(address.format(port=port))
