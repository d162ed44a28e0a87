import json
import shutil
from pathlib import Path

import mlflow
import pytest
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR

from components._model.package import Package
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components._tracking.tracking_server import TrackingError
from components.errors import InvalidSetting
from components.register.download import download
from components.train.mlflow_run import log_mlflow_run
from tests.components._model.tables import draw_table, fit_package


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> str:
    """A registry of ``y`` with two versions, the first its champion, and of ``other`` with none."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{shutil.copy(mlflow_database, folder)}"
    for family in ("linear", "lightgbm"):
        package = fit_package(family, "binary")
        package.save(folder / family)
        tracked = log_mlflow_run(
            package,
            folder / family,
            draw_table("binary", 3, seed=9),
            tracking_uri=uri,
            experiment="e",
            metrics={},
            trials=[],
        )
        with connect_to_mlflow(uri, "register") as client:
            client.log_dict(tracked.run, {"kept": family}, "held_out.json")
            Registry(client, "y").register(tracked.model_id, tracked.run, {"family": family}, "")
    with connect_to_mlflow(uri, "promote") as client:
        Registry(client, "y").promote("1")
        client.create_registered_model("other")
        run = client.create_run("1").info.run_id
        with mlflow.start_run(run):
            mlflow.log_text("nothing", "model/MLmodel")
        client.create_model_version("other", f"runs:/{run}/model", run)
    return uri


@pytest.fixture(autouse=True)
def environment(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)


def fetch(folder: Path, **arguments: str) -> tuple[Path, dict[str, object]]:
    model, registration = folder / "model", folder / "registration"
    download(
        **{"model_name": "y", "version": "champion", **arguments},
        model=str(model),
        registration=str(registration),
    )
    return model, json.loads((registration / "registration.json").read_text())


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("version", "number", "family"),
    [("champion", "1", "linear"), ("challenger", "2", "lightgbm"), ("2", "2", "lightgbm")],
)
def test_a_version_comes_by_its_number_or_by_an_alias(
    tmp_path: Path, version: str, number: str, family: str
) -> None:
    model, registration = fetch(tmp_path, version=version)
    assert Package.load(model).signature.family == family
    assert registration == {
        "model": "y",
        "version": number,
        "package": registration["package"],
        "champion": "1",
        "tags": {**registration["tags"], "family": family},  # type: ignore[dict-item]
        "n_approvals": 0,
    }
    assert json.loads((tmp_path / "registration" / "held_out.json").read_text()) == {"kept": family}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model_name": "z"}, "There is no model 'z' in the registry"),
        ({"model_name": ""}, "has more than one model.\nKnown models: other, y"),
        ({"model_name": "a/b"}, "model_name = 'a/b' is out of range"),
        ({"version": "7"}, "There is no version '7' of 'y'"),
        ({"version": "champoin"}, "Did you mean 'champion'"),
        ({"model_name": "other"}, "'other' has no champion yet"),
        ({"model_name": "other", "version": "1"}, "Version 1 of 'other' was not registered by kfp-tabular"),
    ],
)
def test_a_missing_version_is_named(tmp_path: Path, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        fetch(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())


def test_without_mlflow_there_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(InvalidSetting, match="MLFLOW_TRACKING_URI is not set"):
        fetch(tmp_path)


@pytest.mark.slow
def test_an_mlflow_that_is_down_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    # Tried again at once; how long that takes is tested where the connection is.
    monkeypatch.setenv(MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR.name, "0")
    with pytest.raises(TrackingError, match=r"MLflow at http://127\.0\.0\.1:9 did not give the model"):
        fetch(tmp_path)


def test_a_registry_without_models_has_none_to_give(
    tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    with pytest.raises(InvalidSetting, match="The registry has no model"):
        fetch(tmp_path)
