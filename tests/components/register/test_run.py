import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from components._model.package import Package
from components._problem.spec import Problem
from components._problem.verdict import RejectedRun, Verdict
from components._table.schema import Kind
from components._table.target import order_classes
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.errors import InvalidSetting
from components.register.run import Settings, run
from components.train.mlflow_run import log_mlflow_run
from tests.components._model.tables import KINDS, draw_table, fit_package, make_problem
from tests.components._tracking.test_model_hub import MockHub
from tests.loopback import serve_http
from tests.mlflow_server import run_mlflow
from tests.tables import write_frame

PARAMETERS = {"source": "s3://data/k.csv", "target": "y", "trials": 3}
PASSED = Verdict((), "", {"roc_auc": 0.9})


@pytest.fixture(autouse=True)
def address(tracking_uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    return tracking_uri


def write_trained(folder: Path, address: str | None, family: str = "linear") -> dict[str, Any]:
    """Write what the stage reads, the model tracked if there is an address, and return the paths."""
    folder.mkdir(exist_ok=True)
    package = fit_package(family, "binary", threshold=0.5)
    model = folder / f"model-{family}"
    package.save(model)
    if address is not None:
        log_mlflow_run(
            package,
            model,
            draw_table("binary", 3, seed=9),
            tracking_uri=address,
            experiment="registered",
            metrics={},
            trials=[],
        )
    kinds: dict[str, Kind] = {**KINDS, "y": "string"}
    write_frame(draw_table("binary", 300, seed=9), kinds, str(folder / "test"))
    make_problem("binary").save(folder / "problem")
    PASSED.save(folder / "evaluation")
    (folder / "card").write_text("# The card of a model\n", encoding="utf-8")
    (folder / "page").write_text("<h1>Data exploration</h1>", encoding="utf-8")
    read = ("test", "problem", "evaluation", "card")
    pages = {"eda": str(folder / "page")}
    return {"model": str(model), **{name: str(folder / name) for name in read}, "pages": pages}


def register_model(
    places: dict[str, Any], folder: Path, **settings: Any
) -> tuple[dict[str, float], Any, str]:
    written: dict[str, Any] = {name: str(folder / name) for name in ("registration", "verdict", "summary")}
    metrics = run(**places, **written, settings=Settings(**settings), parameters=PARAMETERS)
    return (
        metrics,
        json.loads((folder / "registration" / "registration.json").read_text()),
        (folder / "summary").read_text(),
    )


def test_the_first_model_is_a_challenger_without_a_champion(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_SERVE_IMAGE", "registry.example/kfp-tabular-serve:1.2.0")
    metrics, registration, report = register_model(write_trained(tmp_path, address), tmp_path)
    assert metrics == {}
    assert (registration["model"], registration["version"], registration["champion"]) == ("y", "1", None)
    assert "There is no champion yet." in report
    assert report.startswith("# y, version 1\n")
    with connect_to_mlflow(address, "tell") as client:
        (version,) = Registry(client, "y").list_versions()
    assert version.aliases == ("challenger",)
    assert version.tags["gates"] == "passed"
    assert version.tags["serve_image"] == "registry.example/kfp-tabular-serve:1.2.0"
    assert version.tags["family"] == "linear"
    assert json.loads(version.tags["evaluation"]) == {"roc_auc": 0.9}


def test_the_package_is_where_the_registration_says(tmp_path: Path, address: str) -> None:
    _, registration, _ = register_model(write_trained(tmp_path, address), tmp_path)
    kept = Path(registration["package"].removeprefix("file://")) / "signature.json"
    assert kept.read_bytes() == (tmp_path / "model-linear" / "signature.json").read_bytes()


def test_the_card_is_kept_in_the_model_folder_that_servers_fetch(tmp_path: Path, address: str) -> None:
    places = write_trained(tmp_path, address)
    for _ in range(2):  # A task that is repeated does the same again.
        _, registration, _ = register_model(places, tmp_path)
    package = Path(registration["package"].removeprefix("file://"))
    assert (package / "card.md").read_text(encoding="utf-8") == "# The card of a model\n"


def test_the_run_that_trained_has_the_pages_of_the_stages(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = write_trained(tmp_path, address)
    register_model(places, tmp_path)
    run_id = json.loads((tmp_path / "model-linear" / "mlflow.json").read_text())["run"]
    with connect_to_mlflow(address, "tell") as client:
        files = [file.path for file in client.list_artifacts(run_id, "pages")]
    assert files == ["pages/eda.html"]


@pytest.mark.slow
def test_a_workspace_keeps_a_model_apart_from_those_of_other_teams(
    tmp_path: Path, mlflow_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(mlflow_database, tmp_path)
    with run_mlflow(tmp_path, options=["--enable-workspaces"]) as server:
        MlflowClient(server).create_workspace("team-a")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
        monkeypatch.setenv("MLFLOW_WORKSPACE", "team-a")
        _, registration, report = register_model(write_trained(tmp_path, server), tmp_path)
        assert "?workspace=team-a) has the parameters" in report
        with connect_to_mlflow(server, "tell") as client:
            registry = Registry(client, "y")
            version = registry.get_version("challenger")
            fetched = registry.download(version, tmp_path / "fetched")
        monkeypatch.setenv("MLFLOW_WORKSPACE", "default")
        with connect_to_mlflow(server, "tell") as client:
            assert Registry(client, "y").list_versions() == []
    assert "/workspaces/team-a/" in registration["package"]
    assert (fetched / "signature.json").exists()


def test_who_must_approve_is_said_and_recorded(tmp_path: Path, address: str) -> None:
    places = write_trained(tmp_path, address)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVwFgxoONS6D4nRdZQXKPdpCHHHYgvSjMtF4NCpC2e4 maria"
    problem = make_problem("binary").model_dump(mode="json")
    Problem.from_settings({**problem, "approvers": {"maria": key}}).save(places["problem"])
    _, registration, report = register_model(places, tmp_path)
    assert (registration["n_approvals"], registration["tags"]["approvals"]) == (1, "1 of maria")
    assert "Before deploy serves it, 1 of maria must approve: `python -m pipelines models approve 1" in report


def test_a_mirror_that_is_down_is_said_and_fails_nothing(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODEL_REGISTRY_URL", "http://127.0.0.1:9")
    _, registration, report = register_model(write_trained(tmp_path, address), tmp_path)
    assert registration["version"] == "1"
    assert "Kubeflow Hub at http://127.0.0.1:9 did not take the version: connection refused." in report
    assert "warning: Kubeflow Hub at" in capsys.readouterr().err


def test_a_mirror_gets_the_registered_version(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    MockHub.objects = []
    with serve_http(MockHub) as hub:
        monkeypatch.setenv("MODEL_REGISTRY_URL", hub)
        _, registration, report = register_model(write_trained(tmp_path, address), tmp_path)
    assert "Kubeflow Hub has a copy of this version." in report
    assert MockHub.objects[-1]["uri"] == registration["package"]


def test_held_out_rows_are_kept_with_what_the_pipeline_predicts(tmp_path: Path, address: str) -> None:
    register_model(write_trained(tmp_path, address), tmp_path)
    held_out = json.loads((tmp_path / "registration" / "held_out.json").read_text())
    assert len(held_out["rows"]) == len(held_out["predictions"]) == 300
    assert held_out["spread"] == 1
    assert set(held_out["rows"][0]) == set(KINDS)


def test_the_next_model_is_compared_with_the_champion(tmp_path: Path, address: str) -> None:
    register_model(write_trained(tmp_path, address, "linear"), tmp_path)
    with connect_to_mlflow(address, "promote") as client:
        Registry(client, "y").promote("1")
    metrics, registration, report = register_model(write_trained(tmp_path, address, "lightgbm"), tmp_path)
    assert (registration["version"], registration["champion"]) == ("2", "1")
    assert metrics["better_by"] == pytest.approx(metrics["roc_auc"] - metrics["champion_roc_auc"])
    assert metrics["better_by_low"] <= metrics["better_by"] <= metrics["better_by_high"]
    assert "champion (version 1)" in report
    tags = registration["tags"]
    assert tags["compared_with"] == "1"
    assert tags["comparison"] in ("better", "worse", "no different for sure")


def test_the_same_model_again_is_the_same_version(tmp_path: Path, address: str) -> None:
    places = write_trained(tmp_path, address)
    assert (
        register_model(places, tmp_path)[1]["version"]
        == register_model(places, tmp_path)[1]["version"]
        == "1"
    )


def test_a_name_of_ones_own(tmp_path: Path, address: str) -> None:
    assert register_model(write_trained(tmp_path, address), tmp_path, model_name="mine")[1]["model"] == "mine"


def test_a_champion_with_other_columns_is_not_compared(tmp_path: Path, address: str) -> None:
    _, champion, _ = register_model(write_trained(tmp_path, address), tmp_path)
    with connect_to_mlflow(address, "promote") as client:
        Registry(client, "y").promote("1")
    signature = Path(champion["package"].removeprefix("file://"), "signature.json")
    stored = json.loads(signature.read_text())
    stored["columns"]["age"] = "integer"
    signature.write_text(json.dumps(stored))
    metrics, registration, report = register_model(write_trained(tmp_path, address, "lightgbm"), tmp_path)
    assert metrics == {}
    expected = "Version 1 cannot predict the test rows: no column 'age'."
    assert expected in report
    assert registration["tags"]["comparison"] == expected


def test_a_model_that_must_beat_the_one_in_use_stops_the_run_if_it_does_not(
    tmp_path: Path, address: str
) -> None:
    places = write_trained(tmp_path, address, "linear")
    register_model(places, tmp_path)
    assert Verdict.load(tmp_path / "verdict").passed
    # The same model is not better than itself.
    _, _, report = register_model(places, tmp_path, must_beat="1")
    with pytest.raises(RejectedRun, match=r"does not replace version 1\..*no different for sure") as raised:
        Verdict.load(tmp_path / "verdict").enforce()
    assert "Version 1 stays in use." in raised.value.remedy
    assert "## Comparison with version 1" in report


def test_a_model_that_beats_the_one_in_use_goes_on(tmp_path: Path, address: str) -> None:
    register_model(write_trained(tmp_path, address, "linear"), tmp_path)
    places = write_trained(tmp_path, address, "lightgbm")
    rows = draw_table("binary", 300, seed=9)
    # What the new model predicts is true.
    predicted = Package.load(places["model"]).predict(rows)[:, 1] >= 0.5
    classes = order_classes(make_problem("binary"))
    kinds: dict[str, Kind] = {**KINDS, "y": "string"}
    write_frame(rows.assign(y=[classes[int(yes)] for yes in predicted]), kinds, places["test"])
    register_model(places, tmp_path, must_beat="1")
    assert Verdict.load(tmp_path / "verdict").passed


def test_a_version_to_beat_that_does_not_exist_is_named(tmp_path: Path, address: str) -> None:
    places = write_trained(tmp_path, address)
    register_model(places, tmp_path)
    with pytest.raises(InvalidSetting, match="There is no version '7' of 'y'"):
        register_model(places, tmp_path, must_beat="7")


def test_without_a_registry_no_version_can_be_beaten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InvalidSetting, match="no registry to find version 1 in"):
        register_model(write_trained(tmp_path, None), tmp_path, must_beat="1")


def test_a_model_that_failed_its_gates_is_not_registered(tmp_path: Path, address: str) -> None:
    places = write_trained(tmp_path, address)
    Verdict(("roc_auc is 0.5",), "Try again.").save(places["evaluation"])
    with pytest.raises(RejectedRun, match=r"roc_auc is 0\.5"):
        register_model(places, tmp_path)
    assert not (tmp_path / "registration").exists()


@pytest.mark.usefixtures("address")
def test_a_model_that_train_did_not_track_cannot_be_registered(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="MLflow does not know the model: train had no"):
        register_model(write_trained(tmp_path, None), tmp_path)


def test_without_mlflow_the_report_says_that_there_is_no_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    metrics, registration, report = register_model(write_trained(tmp_path, None), tmp_path)
    assert metrics == {}
    assert (registration["model"], registration["version"], registration["package"]) == ("y", None, None)
    assert registration["tags"]["gates"] == "passed"
    assert "# y is not registered" in report
    assert "MLFLOW_TRACKING_URI is not set" in report
