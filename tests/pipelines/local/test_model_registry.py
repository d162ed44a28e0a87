import shutil
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.local.model_registry import list_models, open_registries, open_registry


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def create_models(address: str, *names: str) -> None:
    from components._tracking.mlflow_connection import connect_to_mlflow

    with connect_to_mlflow(address, "keep models") as client:
        for name in names:
            client.create_registered_model(name)


def test_the_registry_beside_the_runs_is_used_where_no_other_is_set(
    tmp_path: Path, mlflow_database: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copy(mlflow_database, runs)
    create_models(f"sqlite:///{runs}/mlflow.db", "here")
    create_models(tracking_uri, "there")
    # MLflow has set it.
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with open_registry(runs, None) as registry:
        assert registry.model == "here"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    with open_registry(runs, None) as registry:
        assert registry.model == "there"


@pytest.mark.parametrize(
    ("names", "name", "message"),
    [
        ((), None, "The registry has no models"),
        (("churn",), "chrun", "no model 'chrun'.\nDid you mean 'churn'"),
        (("churn", "fraud"), None, "There are 2 models: churn, fraud.\nChoose one: --model NAME"),
    ],
)
def test_a_model_that_cannot_be_chosen_is_told(
    tmp_path: Path, tracking_uri: str, names: tuple[str, ...], name: str | None, message: str
) -> None:
    create_models(tracking_uri, *names)
    with pytest.raises(InvalidSetting, match=message), open_registry(tmp_path, name):
        pass


def test_without_a_registry_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidSetting, match=r"mlflow.db does not exist.\n.*make run"),
        open_registry(tmp_path, None),
    ):
        pass


def test_all_models_are_opened_or_the_named_one(tmp_path: Path, tracking_uri: str) -> None:
    create_models(tracking_uri, "fraud", "churn")
    with open_registries(tmp_path, None) as registries:
        assert [registry.model for registry in registries] == ["churn", "fraud"]
    with open_registries(tmp_path, "fraud") as registries:
        assert [registry.model for registry in registries] == ["fraud"]


def test_a_registry_may_have_no_models(tmp_path: Path, tracking_uri: str) -> None:
    create_models(tracking_uri)
    with open_registries(tmp_path) as registries:
        assert registries == []


def test_every_model_is_listed_or_the_named_one(tmp_path: Path, tracking_uri: str) -> None:
    create_models(tracking_uri, "fraud", "churn")
    assert list_models(tmp_path) == {"churn": [], "fraud": []}
    assert list_models(tmp_path, "fraud") == {"fraud": []}
    with pytest.raises(InvalidSetting, match=r"no model 'frad'.\nDid you mean 'fraud'"):
        list_models(tmp_path, "frad")


@pytest.mark.slow
def test_the_models_of_a_server_are_listed_by_its_own_library(
    tmp_path: Path, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_models(mlflow_server, "of-a-server")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    assert list_models(tmp_path, "of-a-server") == {"of-a-server": []}
