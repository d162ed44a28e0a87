from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from components.memory import Memory
from pipelines.local.containers import RunContainers
from pipelines.local.run_folder import RunFolder
from tests.pipelines.commands_of_tasks import build_command
from tests.pipelines.local.containers.tasks import list_left_behind


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    folder = RunFolder.create(tmp_path, "one")
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(folder.events))
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def containers(docker_engine: DockerClient, folder: RunFolder) -> Iterator[RunContainers]:
    with closing(RunContainers(docker_engine, folder, Memory(64, "m"))) as containers:
        yield containers
    assert list_left_behind(docker_engine, folder) == []


@pytest.fixture
def run(containers: RunContainers, python_image: str, folder: RunFolder) -> Callable[..., int]:
    """Run a shell's script as a task and return its exit status."""

    def run(script: str, name: str = "split", *, variables: dict | None = None, **declared: Any) -> int:
        command = build_command(name, folder.artifacts, "sh", "-ec", script, **declared)
        return containers.run(python_image, command, variables or {})

    return run
