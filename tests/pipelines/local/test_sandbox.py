import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.local.kfp_task import KfpTask
from pipelines.local.sandbox import Sandbox, find_tracking_database

RUN = Path("/home/me/runs/one")
OURS = {
    "KFP_TABULAR_EVENTS": "/home/me/runs/one/events.jsonl",
    "KFP_TABULAR_STUDY_JOURNAL": "/home/me/runs/studies/journal",
    "KFP_TABULAR_COMMIT": "abc",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
SECRET = {"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "secret"}


def make_sandbox(name: str, source: str = "", tracking: str | None = None, **others: str) -> Sandbox:
    environment = {**OURS, "HOME": "/home/me", "PYTHONPATH": "/code", "AWS_SECRET_ACCESS_KEY": "k", **others}
    if tracking is not None:
        environment["MLFLOW_TRACKING_URI"] = tracking
    return Sandbox.from_task(KfpTask(name, {"source": source} if source else {}, {}), RUN, environment)


@pytest.mark.parametrize("name", ["problem", "validate-gate", "split", "tune-result", "evaluate"])
def test_a_stage_sees_the_run_and_nothing_else(name: str) -> None:
    found = make_sandbox(name, "https://host/t.csv", "http://localhost:5000", **SECRET)
    assert found == Sandbox("none", {RUN: True}, OURS)


def test_every_stage_computes_with_the_numerical_settings_of_this_process() -> None:
    kernels = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "AVX512F"}
    assert make_sandbox("train", **kernels).environment == OURS | kernels


@pytest.mark.parametrize("name", ["tune-plan", "tune"])
def test_plan_and_workers_of_a_sweep_find_its_study_beside_the_runs(name: str) -> None:
    assert make_sandbox(name) == Sandbox("none", {RUN: True, Path("/home/me/runs/studies"): True}, OURS)


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("http://localhost:8000/t.csv", "host"),
        ("https://host/t.csv", "host"),
        ("postgresql://ana@host/shop?table=t", "host"),
        ("HTTPS://host/t.csv", "host"),
        ("sample:churn", "none"),
        ("/home/me/http:/t.csv", "none"),
    ],
)
def test_ingest_has_a_network_where_the_source_is_an_address(source: str, network: Any) -> None:
    found = make_sandbox("ingest", source, "http://localhost:5000", **SECRET)
    assert found == Sandbox(network, {RUN: True}, OURS)


def test_ingest_reaches_a_storage_with_its_keys() -> None:
    found = make_sandbox("ingest", "s3://bucket/t.csv", AWS_ENDPOINT_URL="http://localhost:9000", **SECRET)
    keys = {"AWS_SECRET_ACCESS_KEY": "k", "AWS_ENDPOINT_URL": "http://localhost:9000"}
    assert found == Sandbox("host", {RUN: True}, OURS | keys)


def test_ingest_reaches_a_database_with_its_password() -> None:
    found = make_sandbox("ingest", "postgresql://ana@host/shop?table=t", PGPASSWORD="p", **SECRET)
    assert found == Sandbox("host", {RUN: True}, OURS | {"PGPASSWORD": "p"})


def test_ingest_reads_the_source(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "t.csv").touch()
    for source in (tmp_path / "t.csv", tmp_path / "folder"):
        assert make_sandbox("ingest", str(source)) == Sandbox("none", {source: False, RUN: True}, OURS)


@pytest.mark.parametrize("name", ["ingest", "ingest-plan"])
def test_ingest_reads_a_test_table_too(tmp_path: Path, name: str) -> None:
    tables = {name: str(tmp_path / f"{name}.csv") for name in ("source", "test")}
    for path in tables.values():
        Path(path).touch()
    task = KfpTask(name, tables, {})
    assert Sandbox.from_task(task, RUN, {}).mounts == {
        **dict.fromkeys(map(Path, tables.values()), False),
        RUN: True,
    }
    far = KfpTask(name, {**tables, "test": "https://host/t.csv"}, {})
    assert Sandbox.from_task(far, RUN, {}).network == "host"


def test_ingest_sees_the_neighbours_of_a_file_that_is_missing(tmp_path: Path) -> None:
    assert make_sandbox("ingest", str(tmp_path / "t.csv")).mounts == {tmp_path: False, RUN: True}
    assert make_sandbox("ingest", str(tmp_path / "nowhere" / "t.csv")).mounts == {RUN: True}


@pytest.mark.parametrize("source", ["/no-such.csv", "/tmp/no-such.csv", "/usr/no-such.csv", "/opt"])
def test_nothing_is_mounted_over_the_images_own_folders(source: str) -> None:
    assert make_sandbox("ingest", source).mounts == {RUN: True}


def test_the_runs_folder_can_be_written_to_even_where_it_is_the_source(tmp_path: Path) -> None:
    task = KfpTask("ingest", {"source": str(tmp_path)}, {})
    assert Sandbox.from_task(task, tmp_path, {}).mounts == {tmp_path: True}


@pytest.mark.parametrize(
    ("tracking", "network"),
    [
        ("http://localhost:5000", "host"),
        ("https://me:secret@host/mlflow", "host"),
        ("postgresql+psycopg://db/mlflow", "host"),
        ("file:///home/me/mlruns", "none"),
        (None, "none"),
    ],
)
@pytest.mark.parametrize("name", ["train", "register"])
def test_who_asks_mlflow_reaches_its_server_with_its_credentials(
    name: str, tracking: str | None, network: Any
) -> None:
    found = make_sandbox(name, tracking=tracking, **SECRET)
    expected = OURS | SECRET | ({"MLFLOW_TRACKING_URI": tracking} if tracking else {})
    assert found == Sandbox(network, {RUN: True}, expected)


def test_train_writes_to_the_folder_of_an_embedded_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for tracking, written in [
        (f"sqlite:///{tmp_path}/mlflow.db", f"sqlite:///{tmp_path}/mlflow.db"),
        ("sqlite:///mlflow.db?timeout=5", f"sqlite:///{tmp_path}/mlflow.db?timeout=5"),
    ]:
        expected = Sandbox("none", {tmp_path: True, RUN: True}, OURS | {"MLFLOW_TRACKING_URI": written})
        assert make_sandbox("train", tracking=tracking) == expected


@pytest.mark.parametrize("folder", ["/no/such/folder", "/", "/etc"])
def test_a_database_folder_that_cannot_be_mounted_is_left_to_train(folder: str) -> None:
    assert make_sandbox("train", tracking=f"sqlite:///{Path(folder, 'mlflow.db')}").mounts == {RUN: True}


def test_a_database_may_be_in_tmp() -> None:
    assert make_sandbox("train", tracking="sqlite:////tmp/mlflow.db").mounts == {
        Path("/tmp"): True,
        RUN: True,
    }


@pytest.mark.parametrize("tracking", ["", "http://host", "sqlite://", "file:///mlruns"])
def test_other_tracking_has_no_embedded_database(tracking: str) -> None:
    assert find_tracking_database({"MLFLOW_TRACKING_URI": tracking}) is None
    assert find_tracking_database({}) is None


@pytest.mark.parametrize(("output", "network"), [("s3://bucket/folder", "host"), ("", "none")])
def test_score_reaches_a_storage_where_it_writes_to_one(output: str, network: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "key"}
    found = Sandbox.from_task(KfpTask("score", {"output": output}, {}), RUN, keys)
    assert found == Sandbox(network, {RUN: True}, keys if output else {})  # type: ignore[arg-type]


def test_a_version_of_this_machine_is_read_where_it_is(tmp_path: Path) -> None:
    registration, package = tmp_path / "registration", tmp_path / "package"
    registration.mkdir()
    package.mkdir()
    known = {"model": "y", "version": "1", "package": package.as_uri()}
    (registration / "registration.json").write_text(json.dumps(known))
    task = KfpTask("register-fetch", {"version": str(registration)}, {})
    mounts = Sandbox.from_task(task, RUN, {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}).mounts
    assert mounts == {registration: False, package: False, RUN: True}


def test_monitor_writes_its_report_beside_the_log(tmp_path: Path) -> None:
    task = KfpTask("monitor", {"folder": str(tmp_path)}, {})
    assert Sandbox.from_task(task, RUN, OURS) == Sandbox("none", {RUN: True, tmp_path: True}, OURS)


def test_monitor_reaches_a_storage_where_its_log_is_in_one() -> None:
    task = KfpTask("monitor", {"folder": "s3://data/monitoring"}, {})
    found = Sandbox.from_task(task, RUN, {**OURS, "AWS_SECRET_ACCESS_KEY": "k"})
    assert (found.network, found.mounts) == ("host", {RUN: True})
    assert found.environment["AWS_SECRET_ACCESS_KEY"] == "k"
