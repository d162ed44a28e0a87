import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from components._compiled.model import ServingForm
from components._model.serving_form import build_serving_form
from components._problem.registration import STATEMENT
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import PACKAGE, Registry
from components.errors import InvalidSetting
from tests.components._model.ensembles import fit_ensemble
from tests.mlflow_server import run_mlflow
from tests.s3 import S3Server, make_secret


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.slow)])
def client(request: pytest.FixtureRequest) -> Iterator[MlflowClient]:
    address = request.getfixturevalue("tracking_uri" if request.param == "embedded" else "mlflow_server")
    with connect_to_mlflow(address, "keep models") as opened:
        yield opened


@pytest.fixture
def registry(client: MlflowClient, request: pytest.FixtureRequest) -> Registry:
    return Registry(client, f"churn-{request.node.name}")


def log_model(client: MlflowClient, tmp_path: Path, text: str) -> str:
    """Log a model that is a file in a package, and return its id."""
    folder = tmp_path / text
    folder.mkdir()
    (folder / "signature.json").write_text(text)
    return log_folder(client, folder)


def log_folder(client: MlflowClient, folder: Path) -> str:
    """Log a package, and return the id of its model."""
    if client.get_experiment_by_name("registry") is None:
        is_embedded = "sqlite" in mlflow.get_tracking_uri()
        client.create_experiment("registry", (folder.parent / "files").as_uri() if is_embedded else None)
    experiment = client.get_experiment_by_name("registry")
    assert experiment is not None
    model = client.create_logged_model(experiment.experiment_id, name="model")
    client.log_model_artifacts(model.model_id, str(folder), PACKAGE)
    client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def register_texts(registry: Registry, client: MlflowClient, tmp_path: Path, *texts: str) -> list[str]:
    return [
        registry.register(log_model(client, tmp_path, text), None, {"text": text}, f"It is {text}.").number
        for text in texts
    ]


def list_aliases(registry: Registry) -> dict[str, set[str]]:
    return {version.number: set(version.aliases) for version in registry.list_versions()}


def test_the_newest_version_is_the_challenger(
    registry: Registry, client: MlflowClient, tmp_path: Path
) -> None:
    assert registry.list_versions() == []
    assert register_texts(registry, client, tmp_path, "one", "two") == ["1", "2"]
    assert list_aliases(registry) == {"1": set(), "2": {"challenger"}}
    two, one = registry.list_versions()
    assert (one.tags["text"], two.tags["text"]) == ("one", "two")
    assert one.created <= two.created


def test_the_same_model_again_is_no_other_version(
    registry: Registry, client: MlflowClient, tmp_path: Path
) -> None:
    model = log_model(client, tmp_path, "one")
    numbers = [registry.register(model, None, {}, "").number for _ in range(2)]
    assert numbers == ["1", "1"]
    assert len(registry.list_versions()) == 1


def test_a_package_comes_back_as_it_was(registry: Registry, client: MlflowClient, tmp_path: Path) -> None:
    register_texts(registry, client, tmp_path, "one", "two")
    (tmp_path / "down").mkdir()
    folder = registry.download(registry.get_version("1"), tmp_path / "down")
    assert (folder / "signature.json").read_text() == "one"


@pytest.mark.slow
def test_a_compiled_model_comes_back_as_it_was_from_a_storage_that_only_the_server_reaches(
    s3: S3Server, empty_bucket: str, mlflow_database: Path, tmp_path: Path
) -> None:
    """MLflow notes how a file is packed by the end of its name, and unpacks it on the way back."""
    server = tmp_path / "server"
    server.mkdir()
    shutil.copy(mlflow_database, server)
    variables = {
        # The server finds it through a proxy, which is the storage itself.
        "MLFLOW_S3_ENDPOINT_URL": "http://storage.invalid",
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path",
        **dict.fromkeys(("http_proxy", "HTTP_PROXY"), s3.endpoint),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
        "AWS_ACCESS_KEY_ID": "owner",
        "AWS_SECRET_ACCESS_KEY": make_secret("owner"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    form = build_serving_form(fit_ensemble("binary"))
    form.save(tmp_path / "package" / "compiled")
    assert form.trees
    with (
        run_mlflow(server, f"s3://{empty_bucket}/mlflow", variables) as address,
        connect_to_mlflow(address, "keep models") as client,
    ):
        registry = Registry(client, "churn")
        version = registry.register(log_folder(client, tmp_path / "package"), None, {}, "")
        folder = registry.download(version, tmp_path)
    assert ServingForm.load(folder / "compiled").trees == form.trees


def test_a_challenger_that_is_promoted_is_champion(
    registry: Registry, client: MlflowClient, tmp_path: Path
) -> None:
    register_texts(registry, client, tmp_path, "one", "two")
    assert "champion" in registry.promote("1").aliases
    assert registry.promote("challenger").number == "2"
    assert list_aliases(registry) == {"1": set(), "2": {"champion"}}


@pytest.mark.slow
def test_a_champion_is_rolled_back_to_the_one_before_again_and_again(
    registry: Registry, client: MlflowClient, tmp_path: Path
) -> None:
    register_texts(registry, client, tmp_path, "one", "two", "three")
    for number in ("2", "1", "3"):
        registry.promote(number)
    assert registry.roll_back().number == "1"
    assert registry.roll_back().number == "2"
    with pytest.raises(InvalidSetting, match=r"Before version 2, .* had no champion"):
        registry.roll_back()
    # A version that was taken back may be promoted once more, and is before the next then.
    registry.promote("3")
    registry.promote("1")
    assert registry.roll_back().number == "3"


def test_a_registry_that_fails_is_not_one_without_a_champion(tmp_path: Path, tracking_uri: str) -> None:
    with connect_to_mlflow(tracking_uri, "keep models") as client:
        client.create_registered_model("churn")
        registry = Registry(client, "churn")
        assert registry.find_by_alias("champion") is None
        with sqlite3.connect(tmp_path / "mlflow.db") as database:
            database.execute("DROP TABLE registered_model_aliases")
        database.close()
        with pytest.raises(MlflowException, match="no such table: registered_model_aliases"):
            registry.find_by_alias("champion")


def test_what_is_not_there_is_an_error(registry: Registry, client: MlflowClient, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"There is no version '1' of .*\nTrain one first\."):
        registry.get_version("1")
    with pytest.raises(InvalidSetting, match="has no champion"):
        registry.roll_back()
    register_texts(registry, client, tmp_path, "one")
    with pytest.raises(InvalidSetting, match=r"no version 'chalenger' of .*\nDid you mean 'challenger'\?"):
        registry.promote("chalenger")


def test_the_statement_of_a_version_is_found_beside_its_model(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "stated"
    folder.mkdir()
    (folder / "signature.json").write_text("{}")
    (folder / STATEMENT).write_text('{"subject": []}')
    stated = registry.register(log_folder(client, folder), None, {}, "")
    bare = registry.register(log_model(client, tmp_path, "bare"), None, {}, "")
    assert registry.find_statement(stated) == {"subject": []}
    assert registry.find_statement(bare) is None


def test_a_file_of_the_run_of_a_version_is_found_if_there_is_one(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    run = client.create_run(
        client.create_experiment(f"files-{registry.model}", (tmp_path / "files").as_uri())
    ).info.run_id
    client.log_dict(run, {"trials": []}, "trials.json")
    version = registry.register(log_model(client, tmp_path, "a"), run, {}, "")
    found = registry.find_artifact(version, "trials.json", tmp_path)
    assert found is not None
    assert json.loads(found.read_text()) == {"trials": []}
    assert registry.find_artifact(version, "other.json", tmp_path) is None
    without = registry.register(log_model(client, tmp_path, "b"), None, {}, "")
    assert registry.find_artifact(without, "trials.json", tmp_path) is None
