import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipelines.local.tracking_database import make_database, prepare_tracking_database

_MOST_SECONDS = 120


@pytest.mark.slow
def test_the_database_appears_while_other_work_goes_on_and_mlflow_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    with prepare_tracking_database(file):
        end = time.monotonic() + _MOST_SECONDS
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.05)
        # Whoever sees it sees a complete one.
        before = file.read_bytes()
        assert [found.name for found in MlflowClient(f"sqlite:///{file}").search_experiments()] == ["Default"]
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


@pytest.mark.slow
def test_a_database_that_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE own (number)")
    before = file.read_bytes()
    with prepare_tracking_database(file):
        assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
    (tmp_path / "new").mkdir()
    make_database(tmp_path / "new", file)
    assert file.read_bytes() == before


def test_the_end_of_the_run_leaves_nothing_half_made(tmp_path: Path) -> None:
    with prepare_tracking_database(tmp_path / "mlflow.db"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [None, Path("missing/mlflow.db")])
def test_without_a_place_nothing_is_made(file: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with prepare_tracking_database(file):
        assert file is None or not file.exists()
