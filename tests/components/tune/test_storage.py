"""A sweep over a real PostgreSQL server."""

import multiprocessing
from pathlib import Path

import pytest

from components._model.trials import Sweep
from components.errors import InvalidSetting
from components.tune.run import Settings, run
from tests.components.tune.sweeps import outcomes, sweep, write_folds
from tests.postgres import Postgres

N_TRIALS = 11


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


@pytest.fixture(scope="module")
def sweeps(postgres: Postgres) -> str:
    """Address of an empty database with a user of its own."""
    postgres.run("CREATE USER sweeper PASSWORD 'let-me-in'", "CREATE DATABASE trials OWNER sweeper")
    return postgres.url("sweeper", "let-me-in", "trials")


def _run_worker(folds: str, results: Path, worker: int) -> None:
    settings = Settings(worker=worker, workers=2, trials=N_TRIALS)
    run(folds=folds, results=str(results / str(worker)), settings=settings)


@pytest.mark.slow
def test_workers_side_by_side_make_the_trials_of_one_alone(
    folds: str, sweeps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = sweep(folds, tmp_path / "alone", Settings(trials=N_TRIALS))
    monkeypatch.setenv("KFP_TABULAR_STUDY_URL", sweeps)
    # The database counts, not the file that a local run would share.
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", str(tmp_path / "journal"))
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_run_worker, args=(folds, tmp_path, number)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    parts = [Sweep.load([str(tmp_path / str(number))]) for number in range(2)]
    assert [len(part.trials) for part in parts] == [6, 5]
    assert outcomes(*parts) == outcomes(alone)
    assert not (tmp_path / "journal").exists()


@pytest.mark.slow
def test_a_wrong_password_is_told_and_not_shown(folds: str, sweeps: str, tmp_path: Path) -> None:
    address = sweeps.replace("let-me-in", "5ec7e7")
    with pytest.raises(InvalidSetting, match="password authentication failed") as caught:
        sweep(folds, tmp_path / "refused", Settings(trials=2), journal=address)
    assert "5ec7e7" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("postgresql+psycopg://sweeper:5ec7e7@127.0.0.1:9/sweeps", "onnection refused"),
        ("nosql+driver://sweeper:5ec7e7@host/sweeps", "load plugin"),
        ("postgresql+psycopg://sweeper:5ec7e7@:port/sweeps", "'port'"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_and_its_password_is_not(
    folds: str, tmp_path: Path, address: str, cause: str
) -> None:
    with pytest.raises(InvalidSetting, match=f"The sweep's database cannot be used: .*{cause}") as caught:
        sweep(folds, tmp_path / "refused", Settings(trials=2), journal=address)
    assert "5ec7e7" not in str(caught.value)
    assert "make doctor" in caught.value.remedy
