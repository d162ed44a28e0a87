import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from docker import DockerClient
from docker.models.containers import Container, ContainerCollection

from components.memory import Memory
from pipelines.catalogue import ROOT
from pipelines.local.containers import RunContainers
from pipelines.local.run_folder import RunFolder
from tests.pipelines.commands_of_tasks import build_command
from tests.pipelines.local.containers.tasks import (
    SECONDS_TO_START,
    in_background,
    list_left_behind,
    read_events,
    wait_for,
)

INTERRUPTED = """
import sys
from pathlib import Path
from kfp import dsl, local
from rich.console import Console
from pipelines import spec_compiler
from pipelines.local.containers import ContainerRunner
from pipelines.local.docker_client import connect_to_engine
from pipelines.local.run_folder import RunFolder
from pipelines.image_names import ImageNames
from pipelines.interface import Command
from pipelines.local.run_report import run_and_report
from components.memory import Memory

IMAGE, RUNS, SHAPE = sys.argv[1:]
SCRIPT = "touch " + RUNS + "/one/begun-$(cat /proc/sys/kernel/random/uuid); sleep 60"

@dsl.container_component
def tune(worker: int, executor_input: str = ""):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["sh", "-ec", SCRIPT],
        args=["--executor_input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER],
    )

@dsl.pipeline(name="loop")
def loop():
    with dsl.ParallelFor([0, 1, 2]) as worker:
        tune(worker=worker)

@dsl.pipeline(name="single")
def single():
    tune(worker=0)

spec_compiler.load_pipeline = lambda name: globals()[name]
place = ContainerRunner(connect_to_engine(), ImageNames("r", "1"), Memory(64, "m"))
folder = RunFolder.create(Path(RUNS), "one")
sys.exit(run_and_report(Command(("run", SHAPE)), {}, folder, place, is_verbose=False))
"""


@pytest.mark.slow
def test_what_runs_on_of_a_killed_attempt_is_removed(
    run: Callable[..., int], docker_engine: DockerClient, folder: RunFolder, tmp_path: Path
) -> None:
    first = threading.Thread(target=run, args=("sleep 60",))
    first.start()
    end = time.monotonic() + SECONDS_TO_START
    while not list_left_behind(docker_engine, folder):
        assert time.monotonic() < end, "the container did not start"
        time.sleep(0.05)
    # Of the same name, and not the same run.
    namesake = RunFolder.create(tmp_path / "others", "one")
    with closing(RunContainers(docker_engine, namesake, Memory(64, "m"))):
        assert list_left_behind(docker_engine, folder)
    with closing(RunContainers(docker_engine, folder, Memory(64, "m"))):
        assert list_left_behind(docker_engine, folder) == []
    first.join(SECONDS_TO_START)
    assert not first.is_alive()


@pytest.mark.slow
def test_a_stopped_run_starts_no_container(
    containers: RunContainers, run: Callable[..., int], python_image: str, folder: RunFolder
) -> None:
    with in_background(containers, python_image, folder, "sleep 60") as task:
        pass
    assert task.status == 137
    before = read_events(folder)
    assert run("exit 0") != 0
    assert read_events(folder) == before


@pytest.mark.slow
def test_a_container_that_is_being_made_while_the_run_is_stopped_never_starts(
    containers: RunContainers, run: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ContainerCollection.create

    def create_and_stop(*words: object, **settings: object) -> Container:
        made = create(*words, **settings)
        containers.stop()
        return made

    monkeypatch.setattr(ContainerCollection, "create", create_and_stop)
    assert run(f"touch {folder.path}/begun") != 0
    assert not (folder.path / "begun").exists()
    assert [event.get("state") for event in read_events(folder) if event["event"] == "task"] == [
        "started",
        "finished",
    ]


@pytest.mark.slow
def test_a_run_stopped_at_any_moment_leaves_no_container(
    docker_engine: DockerClient, python_image: str, folder: RunFolder
) -> None:
    command = build_command("tune", folder.artifacts, "sleep", "60")
    statuses = []
    for n in range(12):
        containers = RunContainers(docker_engine, folder, Memory(64, "m"))
        task = threading.Thread(target=lambda: statuses.append(containers.run(python_image, command, {})))  # noqa: B023
        task.start()
        time.sleep(n * 0.04)
        containers.close()
        assert list_left_behind(docker_engine, folder) == []
        task.join()
    assert len(statuses) == 12
    assert 0 not in statuses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "shape", "n_containers"),
    [
        # kfp runs two of a loop at once, in threads of its own, and a single task in the main thread.
        (signal.SIGINT, "loop", 2),
        (signal.SIGINT, "single", 1),
        (signal.SIGTERM, "single", 1),
        (signal.SIGHUP, "loop", 2),
    ],
)
def test_an_interruption_ends_every_container(
    number: signal.Signals,
    shape: str,
    n_containers: int,
    docker_engine: DockerClient,
    python_image: str,
    tmp_path: Path,
) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, python_image, str(tmp_path), shape],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The tests themselves may have been started by nohup, and a child inherits what is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    folder = RunFolder(tmp_path / "one")
    try:
        wait_for(lambda: len(list(folder.path.glob("begun-*"))) == n_containers)
        assert len(list_left_behind(docker_engine, folder)) == n_containers
        command.send_signal(number)
        # Whoever presses the keys twice breaks nothing off.
        command.send_signal(number)
    finally:
        shown, errors = command.communicate(timeout=30)
    assert command.returncode == 130
    assert errors == (
        f"stopped; the results so far are in {folder.path}\n"
        f"resume it: python -m pipelines run {shape} --resume one\n"
    )
    assert list_left_behind(docker_engine, folder) == []
    # What containers say at their end belongs in the log.
    assert "signal" not in shown
    assert folder.log.read_text().count("Signal 9 ended the container of tune.") == n_containers
    assert len(list(folder.path.glob("begun-*"))) == n_containers
    assert [event["state"] for event in read_events(folder)] == ["started"] * n_containers + [
        "finished"
    ] * n_containers
