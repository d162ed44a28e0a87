import builtins
import os
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from docker import DockerClient
from kfp import local
from kfp.local import docker_task_handler
from kfp.local.status import Status

from components.memory import Memory
from pipelines.image_names import ImageNames
from pipelines.local.containers import (
    ContainerRunner,
    ContainerTaskHandler,
    RunContainers,
    build_user_settings,
)
from pipelines.local.local_run import list_parameters
from pipelines.local.run_folder import RunFolder
from pipelines.spec_compiler import load_pipeline
from tests.pipelines.commands_of_tasks import build_command


def test_files_belong_to_whoever_runs_it() -> None:
    assert build_user_settings({"SecurityOptions": ["name=seccomp,profile=default"]}) == {
        "user": f"{os.getuid()}:{os.getgid()}",
        "group_add": [str(group) for group in sorted(set(os.getgroups()) - {os.getgid()})],
    }
    assert build_user_settings({"SecurityOptions": None})["user"] == f"{os.getuid()}:{os.getgid()}"
    assert build_user_settings({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}) == {
        "user": "0:0"
    }


class Recorder:
    """Takes what kfp hands over, in place of a run's containers, and fails it."""

    def __init__(self) -> None:
        self.given: list[tuple] = []

    def run(self, *given: object) -> int:
        self.given.append(given)
        return 7


def test_kfp_hands_a_task_of_a_spec_over_mocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(
        docker_task_handler, "DockerTaskHandler", partial(ContainerTaskHandler, cast(RunContainers, recorder))
    )
    # kfp runs tasks in threads and does not always put print back.
    monkeypatch.setattr(builtins, "print", print)
    place = ContainerRunner(None, ImageNames("ghcr.io/team", "1"), Memory.parse("4g"))
    pipeline = load_pipeline("training")
    local.init(runner=place.build_kfp_runner(), pipeline_root=str(tmp_path))
    with pytest.raises(RuntimeError, match=r"Inner task failed"):
        place.prepare_pipeline(pipeline)(
            **list_parameters(pipeline) | {"source": "sample:churn", "target": "churned"}
        )
    # All others depend on the first two.
    assert sorted((image, command[0], variables) for image, command, variables in recorder.given) == [
        ("ghcr.io/team/kfp-tabular-ingest:1", "python3", {}),
        ("ghcr.io/team/kfp-tabular-problem:1", "python3", {}),
    ]
    assert all("--executor_input" in command for _, command, _ in recorder.given)


@pytest.mark.slow
def test_kfps_own_handler_is_back_after_a_run(docker_engine: DockerClient, folder: RunFolder) -> None:
    own = docker_task_handler.DockerTaskHandler
    place = ContainerRunner(docker_engine, ImageNames("ghcr.io/team", "1"), Memory.parse("4g"))
    with place.open_run(folder):
        assert docker_task_handler.DockerTaskHandler is not own
    assert docker_task_handler.DockerTaskHandler is own


@pytest.mark.slow
def test_the_folder_of_an_embedded_database_is_made(
    docker_engine: DockerClient, folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/far/away/mlflow.db")
    with ContainerRunner(docker_engine, ImageNames("r", "1"), Memory.parse("4g")).open_run(folder):
        assert (tmp_path / "far" / "away").is_dir()


@pytest.mark.slow
def test_kfp_is_told_of_failure_and_success(
    containers: RunContainers, python_image: str, folder: RunFolder
) -> None:
    def end_task(script: str) -> Status:
        command = build_command("split", folder.artifacts, "sh", "-ec", script)
        return ContainerTaskHandler(containers, python_image, command, str(folder.artifacts), None).run()

    assert (end_task("exit 1"), end_task("exit 0")) == (Status.FAILURE, Status.SUCCESS)
