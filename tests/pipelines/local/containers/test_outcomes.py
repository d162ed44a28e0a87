import os
import re
import signal
from collections.abc import Callable
from contextlib import closing

import pytest
from docker import DockerClient

from components.memory import Memory
from pipelines.local.containers import RunContainers
from pipelines.local.run_folder import RunFolder
from tests.pipelines.commands_of_tasks import build_command
from tests.pipelines.local.containers.tasks import error, in_background, list_left_behind, read_events

GREEDY = "python3 -c 'x = bytearray(500_000_000)'"


@pytest.mark.slow
def test_a_task_that_ends_well_is_told_of_as_a_process_is(
    run: Callable[..., int], folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder.artifacts / "split"
    assert (
        run(f"mkdir -p {place}; echo ü >{place}/train; echo grüß Gott; echo oh >&2", artifacts=("train",))
        == 0
    )
    shown = capsys.readouterr().out
    assert "grüß Gott\n" in shown
    assert "oh\n" in shown
    started, finished = read_events(folder)
    assert started | {"time": 0} == {"event": "task", "name": "split", "state": "started", "time": 0}
    expected = {"event": "task", "name": "split", "state": "finished", "status": 0, "time": 0, "seconds": 0}
    assert finished | {"time": 0, "seconds": 0} == expected
    assert 0 < finished["seconds"] <= finished["time"] - started["time"] + 0.1
    made = place / "train"
    assert made.read_text(encoding="utf-8") == "ü\n"
    assert (made.stat().st_uid, made.stat().st_gid) == (os.getuid(), os.getgid())


@pytest.mark.slow
def test_a_failure_is_never_called_a_success(
    run: Callable[..., int], folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    # kfp's own handler takes a container that is gone before it asked for one that ended well.
    assert [run(f"echo attempt {n}; exit 3") for n in range(20)] == [3] * 20
    assert capsys.readouterr().out.split() == [word for n in range(20) for word in ("attempt", str(n))]
    assert [event["status"] for event in read_events(folder) if event.get("state") == "finished"] == [3] * 20


@pytest.mark.slow
def test_too_little_memory_is_told_with_more_to_give(run: Callable[..., int], folder: RunFolder) -> None:
    for _ in range(5):
        assert run(GREEDY, "tune") != 0
    said = {(event["what"], event["remedy"]) for event in read_events(folder) if event["event"] == "error"}
    assert said == {
        (
            "The container of tune was killed: it used more than its 64m of memory.",
            "Give it more: --memory 128m, or MEMORY=128m.",
        )
    }
    assert sum(event["event"] == "error" for event in read_events(folder)) == 5


@pytest.mark.slow
def test_a_file_in_tmp_takes_no_memory_and_goes_with_its_container(
    run: Callable[..., int], docker_engine: DockerClient, capsys: pytest.CaptureFixture[str]
) -> None:
    write = "head -c 200000000 /dev/zero >/tmp/big && test $(stat -c %s /tmp/big) = 200000000"
    assert run(f"{write} && grep ' /tmp ' /proc/self/mountinfo") == 0
    # Other containers of this machine have volumes, too.
    (own,) = re.findall(r"/volumes/([0-9a-f]{64})/", capsys.readouterr().out)
    assert own not in {volume.id for volume in docker_engine.volumes.list()}


@pytest.mark.slow
def test_a_container_ended_by_a_signal_says_so(
    run: Callable[..., int], folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("python3 -c 'import os; os.abort()'", "eda") == 128 + signal.SIGABRT
    assert "Signal 6 ended the container of eda." in capsys.readouterr().out
    assert [event["event"] for event in read_events(folder)] == ["task", "task"]


@pytest.mark.slow
def test_an_output_that_is_not_there_is_a_failure_and_named(
    run: Callable[..., int], folder: RunFolder
) -> None:
    script = f"mkdir -p {folder.artifacts}/split; echo >{folder.artifacts}/split/train"
    assert run(script, parameters=("Output",), artifacts=("train", "test")) != 0
    assert error(folder)["what"] == (
        "The container of split ended without an error, but did not write these outputs: Output, test."
    )
    assert read_events(folder)[-1]["status"] != 0


@pytest.mark.slow
def test_a_silent_container_is_waited_for(folder: RunFolder, python_image: str) -> None:
    # The client's patience is with the engine's answers, and not with a task.
    with closing(DockerClient.from_env(timeout=1)) as impatient:
        containers = RunContainers(impatient, folder, Memory(64, "m"))
        command = build_command("tune", folder.artifacts, "sh", "-c", "sleep 3; exit 5")
        with closing(containers):
            assert containers.run(python_image, command, {}) == 5


@pytest.mark.slow
def test_a_container_that_cannot_start_is_told_in_the_engines_words(
    run: Callable[..., int], folder: RunFolder, containers: RunContainers, python_image: str
) -> None:
    command = build_command("split", folder.artifacts, "no-such-program")
    assert containers.run(python_image, command, {}) != 0
    assert error(folder)["what"].startswith("The Docker Engine could not run the container of split: ")
    assert "no-such-program" in error(folder)["what"]


@pytest.mark.slow
def test_a_container_that_somebody_removes_is_a_failure(
    docker_engine: DockerClient, containers: RunContainers, python_image: str, folder: RunFolder
) -> None:
    with in_background(containers, python_image, folder, "sleep 60") as task:
        (one,) = list_left_behind(docker_engine, folder)
        docker_engine.containers.get(one).remove(force=True, v=True)
        task._thread.join()
        assert task.status not in (0, None)
