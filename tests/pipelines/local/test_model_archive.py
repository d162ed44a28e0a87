import shutil
import tarfile
from pathlib import Path

import pytest

from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.errors import InvalidSetting
from components.serve.served_model import ServedModel
from pipelines.local.model_archive import pack_run, pack_version
from pipelines.local.run_folder import RunFolder
from tests.components._tracking.test_registry import log_folder
from tests.components.serve.models import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder)
    return folder


@pytest.fixture
def runs(tmp_path: Path, model: Path) -> Path:
    run = RunFolder(tmp_path / "runs" / "first")
    shutil.copytree(model, run.artifacts / "training-1" / "train" / "model")
    run.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    return tmp_path / "runs"


@pytest.mark.parametrize("name", [None, "first"])
def test_the_unpacked_model_of_a_run_can_be_served(runs: Path, tmp_path: Path, name: str | None) -> None:
    file = tmp_path / "model.tar.gz"
    assert pack_run(runs, name, file) == "run first"
    with tarfile.open(file) as archive:
        assert {(entry.uid, entry.mode, entry.mtime) for entry in archive} == {(0, 0o644, 0)}
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert ServedModel.load(tmp_path / "unpacked").form == "compiled"


def test_the_same_model_gives_the_same_bytes(runs: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one.tar.gz", tmp_path / "two.tar.gz"]
    for file in files:
        pack_run(runs, None, file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_archive_of_a_version_has_its_model(
    runs: Path, model: Path, tmp_path: Path, mlflow_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    database = shutil.copy(mlflow_database, runs)
    with connect_to_mlflow(f"sqlite:///{database}", "keep") as client:
        Registry(client, "churn").register(log_folder(client, model), None, {}, "")
    file = tmp_path / "model.tar.gz"
    assert pack_version(runs, None, "1", file) == "version 1 of churn"
    with tarfile.open(file) as archive:
        assert {"model.skops", "compiled/plan.json"} <= set(archive.getnames())


def test_a_folder_that_is_not_there_is_an_error(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"model\.tar\.gz cannot be written: No such file"):
        pack_run(runs, None, tmp_path / "nowhere" / "model.tar.gz")
    assert not list(tmp_path.rglob("*.tar.gz*"))
