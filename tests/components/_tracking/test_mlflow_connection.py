import logging
import os
import time
from pathlib import Path

import mlflow
import pytest
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES, MLFLOW_HTTP_REQUEST_TIMEOUT

from components._tracking.mlflow_connection import connect_to_mlflow, get_database_folder
from components._tracking.tracking_server import TrackingError
from tests.outage import return_after


@pytest.mark.slow
def test_a_database_is_made_where_there_is_none(tmp_path: Path) -> None:
    with connect_to_mlflow(f"sqlite:///{tmp_path}/new/folder/mlflow.db", "begin") as client:
        assert client.search_experiments()[0].name == "Default"
    assert (tmp_path / "new" / "folder" / "mlflow.db").exists()
    assert logging.getLogger("alembic").level == logging.WARNING


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("sqlite:////data/mlflow.db", Path("/data")),
        ("sqlite:///mlflow.db", Path.cwd()),
        ("http://host:5000", None),
        ("postgresql://host/mlflow", None),
    ],
)
def test_only_a_database_in_a_file_has_a_folder(uri: str, folder: Path | None) -> None:
    assert get_database_folder(uri) == folder


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://ada:secret@127.0.0.1:9", "MLflow at http://127.0.0.1:9 did not take the run: .*refused\n"),
        ("postgresql://ada:secret@127.0.0.1:9/db", "MLflow at postgresql://127.0.0.1:9/db did not take"),
        ("sqlite:////dev/null/mlflow.db", "MLflow at sqlite:////dev/null/mlflow.db did not take the run: "),
        ("ftp://ada:secret@host", "MLflow at ftp://host did not take the run: "),
    ],
)
def test_an_error_is_short_and_has_no_secret(uri: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MLFLOW_HTTP_REQUEST_MAX_RETRIES.name, "1")
    started = time.monotonic()
    with pytest.raises(TrackingError, match=message) as caught, connect_to_mlflow(uri, "take the run"):
        pass
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 500
    # MLflow's own patience is four minutes with a server and two with a database.
    assert time.monotonic() - started < 30


def test_an_error_within_the_block_is_explained_too(tracking_uri: str) -> None:
    def fail() -> None:
        with connect_to_mlflow(tracking_uri, "name an experiment") as client:
            client.create_experiment("Default")

    with pytest.raises(TrackingError, match=r"did not name an experiment: .*already exists"):
        fail()


def test_mlflows_own_patience_is_as_before_afterwards(
    tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MLFLOW_HTTP_REQUEST_TIMEOUT.name, "77")
    with connect_to_mlflow(tracking_uri, "begin"):
        assert MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 77
        assert MLFLOW_HTTP_REQUEST_MAX_RETRIES.get() == 4
    assert not MLFLOW_HTTP_REQUEST_MAX_RETRIES.is_set()


@pytest.mark.parametrize("before", [None, "http://other:5000"])
def test_the_server_is_selected_in_the_block_only(
    before: str | None, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before is None:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", before)
    with connect_to_mlflow(tracking_uri, "begin"):
        assert mlflow.get_tracking_uri() == tracking_uri
        assert os.environ["MLFLOW_TRACKING_URI"] == tracking_uri
    assert os.environ.get("MLFLOW_TRACKING_URI") == before
    with pytest.raises(TrackingError, match="did not begin"), connect_to_mlflow(tracking_uri, "begin"):
        raise OSError("the disk is full")
    assert os.environ.get("MLFLOW_TRACKING_URI") == before


@pytest.mark.slow
def test_a_server_that_is_away_for_20_s_costs_only_time(mlflow_server: str) -> None:
    with return_after(20.0, int(mlflow_server.rpartition(":")[2])) as port:
        started = time.monotonic()
        with connect_to_mlflow(f"http://localhost:{port}", "begin") as client:
            assert client.search_experiments()
        assert time.monotonic() - started >= 20


@pytest.mark.slow
def test_a_server_that_is_away_for_good_is_an_error_within_90_s() -> None:
    started = time.monotonic()
    with (
        pytest.raises(TrackingError, match=r"did not take the run: .*refused\nCheck MLFLOW_TRACKING_URI"),
        connect_to_mlflow("http://127.0.0.1:9", "take the run"),
    ):
        pass
    assert 20 < time.monotonic() - started < 90
