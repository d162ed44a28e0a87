import json
import os
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.local.run_folder import RunFolder, find_run, list_runs


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", "one")


def write_output(folder: RunFolder, task: str, name: str, text: str) -> Path:
    path = folder.artifacts / "training-1" / task / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../up", r"name = '\.\./up' is out of range"),
        ("", "name = '' is out of range"),
        ("studies", "this folder holds the studies of sweeps"),
        ("reproductions", "this folder holds repetitions of runs"),
        ("one", "The run 'one' already exists"),
    ],
)
def test_a_name_that_no_folder_can_have_is_refused(folder: RunFolder, name: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        RunFolder.create(folder.path.parent, name)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidSetting, match=r"cannot be created: Permission denied.\nGive a folder"):
        RunFolder.create(tmp_path / "runs", "one")


def test_a_file_in_the_place_of_the_runs_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(InvalidSetting, match="cannot be created: Not a directory"):
        RunFolder.create(tmp_path / "runs", "one")


def test_clearing_leaves_the_record_and_the_studies(folder: RunFolder) -> None:
    folder.save_record({"status": "failed"})
    folder.journal.parent.mkdir()
    write_output(folder, "ingest", "dataset", "")
    folder.pages.mkdir()
    for file in (folder.index, folder.log, folder.journal):
        file.touch()
    folder.clear()
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]
    assert folder.journal.exists()
    assert folder.load_record() == {"status": "failed"}


def test_outputs_of_tasks_are_found(folder: RunFolder) -> None:
    assert folder.find_output("train", "model") is None
    assert folder.read_metadata("train", "model") == {}
    assert folder.read_registration("register") is None
    path = write_output(folder, "train", "model", "")
    assert folder.find_output("train", "model") == path
    artifacts = {"artifacts": {"model": {"artifacts": [{"metadata": {"rows": 5}}]}}}
    write_output(folder, "train", "executor_output.json", json.dumps(artifacts))
    assert folder.read_metadata("train", "model") == {"rows": 5}
    assert folder.read_metadata("train", "other") == {}


def test_a_registration_of_a_task_is_read(folder: RunFolder) -> None:
    known: dict[str, Any] = {"model": "y", "version": "3", "package": None, "champion": None, "tags": {}}
    write_output(folder, "register/registration", "registration.json", json.dumps(known))
    registered = folder.read_registration("register")
    assert registered is not None
    assert registered.version == "3"


def test_runs_are_those_with_a_record(folder: RunFolder) -> None:
    runs = folder.path.parent
    with pytest.raises(InvalidSetting, match=r"There is no run 'one' in .*\nRun one: make run"):
        find_run(runs, "one")
    folder.save_record({})
    RunFolder.create(runs, "begun")
    assert list(list_runs(runs)) == ["one"]
    assert find_run(runs, "one") == folder
    with pytest.raises(InvalidSetting, match="Did you mean 'one'"):
        find_run(runs, "onne")
