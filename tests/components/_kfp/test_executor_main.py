"""The command that a cluster and the local runner start for a task, in processes like theirs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from pipelines.local.interpreter import use_warm_interpreter
from pipelines.spec_compiler import compile_spec, load_components
from tests.pipelines.commands_of_tasks import build_command


@pytest.fixture(params=["plain", "warm"])
def python3(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder whose ``python3`` is an interpreter of tasks."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    if request.param == "plain":
        yield Path(sys.executable).parent
        return
    with use_warm_interpreter([]) as interpreter:
        (tmp_path / "python3").symlink_to(interpreter.executable)
        yield tmp_path


def run_problem(python3: Path, folder: Path, target: object) -> subprocess.CompletedProcess[str]:
    """Run the task of stage ``problem`` as a pod does, by the words of its compiled spec."""
    spec = yaml.safe_load(compile_spec(load_components()["problem"], ImageNames("r", "1")))
    container = spec["deploymentSpec"]["executors"]["exec-problem"]["container"]
    settings = {"target": target, "task": "auto", "metric": "auto", "details": {"gaets": []}}
    command = build_command(
        "problem", folder, *container["command"], given=settings, artifacts=("problem", "brief")
    )
    return subprocess.run(
        [*command, "--function_to_execute", "problem"],
        cwd=folder,
        env={**os.environ, "PATH": f"{python3}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_user_error_ends_a_task_with_its_message_alone(python3: Path, tmp_path: Path) -> None:
    done = run_problem(python3, tmp_path, "churned")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "gaets" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_defect_ends_a_task_with_its_traceback(python3: Path, tmp_path: Path) -> None:
    done = run_problem(python3, tmp_path, None)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
