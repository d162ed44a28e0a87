import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pytest

from components._inference_log.kserve_events import InferenceEvent
from components._table.row_reader import RowDeviations
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.tracking_server import TrackingError
from components.log_sink.logged_model import LoggedModel, UnknownModel, UnloggableModel, fetch_model
from components.serve.served_model import ServedModel
from tests.components.log_sink.models import answer, register_model
from tests.components.serve.models import ROW

OBSERVED = RowDeviations([], [], [])


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> tuple[str, Path]:
    """A registry with the model ``y`` and one of another program, and the folder of ``y``."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{shutil.copy(mlflow_database, folder)}"
    model = register_model(folder, uri)
    with connect_to_mlflow(uri, "register") as client:
        client.create_registered_model("other")
        run = client.create_run("1").info.run_id
        with mlflow.start_run(run):
            mlflow.log_text("nothing", "model/MLmodel")
        client.create_model_version("other", f"runs:/{run}/model", run)
    return uri, model


@pytest.mark.slow
def test_a_version_has_the_name_of_the_servers_own_log(tracking: tuple[str, Path]) -> None:
    uri, folder = tracking
    found, served = fetch_model(uri, "y", "1"), ServedModel.load(folder, "1")
    assert found.log_name == served.log_name
    body = {"instances": [ROW]}
    asked = InferenceEvent("e", "request", datetime.now(UTC), json.dumps(body).encode())
    (row,) = found.converter.find_rows(asked, replace(asked, kind="response", body=answer(folder, body)))
    assert row.prediction.outputs == served.predict([served.row_reader.read(ROW, OBSERVED)])[0].outputs


@pytest.mark.parametrize(("model", "version"), [("y", "2"), ("nobody", "1"), ("o'hara", "1")])
def test_a_version_that_the_registry_does_not_have_is_named(
    tracking: tuple[str, Path], model: str, version: str
) -> None:
    with pytest.raises(UnknownModel, match=f"has no version {version} of"):
        fetch_model(tracking[0], model, version)


def test_a_model_of_another_program_is_named(tracking: tuple[str, Path]) -> None:
    with pytest.raises(UnloggableModel, match="'other' was not registered by kfp-tabular"):
        fetch_model(tracking[0], "other", "1")


def test_a_registry_that_is_away_is_another_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match="did not give the model"):
        fetch_model("http://127.0.0.1:9", "y", "1")


@pytest.mark.parametrize("name", ["signature.json", "schema.json", "problem.json", "model.skops"])
def test_without_all_files_nobody_knows_what_may_be_logged(
    tracking: tuple[str, Path], tmp_path: Path, name: str
) -> None:
    shutil.copytree(tracking[1], tmp_path / "model")
    (tmp_path / "model" / name).unlink()
    with pytest.raises(UnloggableModel, match=f"version 1 are not complete: FileNotFoundError.*{name}"):
        LoggedModel.load(tmp_path / "model", "1")
