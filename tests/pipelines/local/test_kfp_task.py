import json
from pathlib import Path

import pytest

from pipelines.local.kfp_task import KfpTask
from tests.pipelines.commands_of_tasks import build_command


def test_a_task_is_known_by_its_folder_and_has_its_parameters(tmp_path: Path) -> None:
    task = KfpTask.from_command(
        build_command("tune-plan", tmp_path / "for-loop-1", "sh", given={"workers": 2})
    )
    assert (task.name, task.stage, task.parameters) == ("tune-plan", "tune", {"workers": 2})
    assert KfpTask.from_command(build_command("split", tmp_path)).parameters == {}


def test_a_task_without_outputs_misses_none(tmp_path: Path) -> None:
    assert KfpTask.from_command(build_command("evaluate-gate", tmp_path)).list_missing_outputs() == []


DECLARED = ("Output", "figure", "train", "test", "metrics", "curve")


@pytest.mark.parametrize(
    ("files", "told", "missing"),
    [
        ([], None, list(DECLARED)),
        ([], {}, list(DECLARED)),
        (["Output", "figure", "train", "test/"], None, ["metrics", "curve"]),
        (
            ["train", "test/"],
            {"parameterValues": {"Output": [0], "figure": None}, "artifacts": {"metrics": {}, "curve": {}}},
            [],
        ),
        # What has a file is not there because somebody says so.
        (["train"], {"artifacts": {"test": {}, "metrics": {}}}, ["Output", "figure", "test", "curve"]),
        (["metrics", "curve", "train", "test"], {"parameterValues": {"Output": 1}}, ["figure"]),
    ],
)
def test_an_output_is_there_as_a_file_or_as_a_word_of_kfps_executor(
    files: list[str], told: dict | None, missing: list[str], tmp_path: Path
) -> None:
    task = KfpTask.from_command(
        build_command("split", tmp_path, parameters=DECLARED[:2], artifacts=DECLARED[2:])
    )
    folder = tmp_path / "split"
    folder.mkdir()
    for name in files:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).touch()
    if told is not None:
        (folder / "executor_output.json").write_text(json.dumps(told))
    assert task.list_missing_outputs() == missing
