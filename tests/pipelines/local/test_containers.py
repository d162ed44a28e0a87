import builtins
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from docker import DockerClient
from docker.models.containers import Container, ContainerCollection
from kfp import local
from kfp.local import docker_task_handler
from kfp.local.status import Status

from pipelines.catalogue import ROOT
from pipelines.compiling import load_pipeline
from pipelines.image_names import ImageNames
from pipelines.local.containers import Containers, RunContainers, StageContainer, identity
from pipelines.local.folder import RunFolder
from pipelines.local.memory import Memory
from pipelines.local.running import parameters_of
from tests.pipelines.commands_of_tasks import command_of

SECONDS_TO_START = 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    folder = RunFolder.create(tmp_path, "one")
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(folder.events))
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def containers(docker_engine: DockerClient, folder: RunFolder) -> Iterator[RunContainers]:
    with closing(RunContainers(docker_engine, folder, Memory.parse("64m"))) as containers:
        yield containers
    assert left_behind(docker_engine, folder) == []


@pytest.fixture
def run(containers: RunContainers, python_image: str, folder: RunFolder) -> Callable[..., int]:
    """Run a shell's script as a task and return its exit status."""

    def run(script: str, name: str = "split", *, variables: dict | None = None, **declared: object) -> int:
        command = command_of(name, folder.artifacts, "sh", "-ec", script, **declared)
        return containers.run(python_image, command, variables or {})

    return run


def left_behind(client: DockerClient, folder: RunFolder) -> list[str]:
    # Runs of other tests may have the same name, and another folder.
    found = client.containers.list(all=True, filters={"label": f"kfp-tabular.run={folder.name}"})
    return [
        one.id for one in found if any(mount["Source"] == str(folder.path) for mount in one.attrs["Mounts"])
    ]


def events(folder: RunFolder) -> list[dict]:
    return [json.loads(line) for line in folder.events.read_text(encoding="utf-8").splitlines()]


def error(folder: RunFolder) -> dict:
    (found,) = [event for event in events(folder) if event["event"] == "error"]
    return found


def test_files_belong_to_whoever_runs_it() -> None:
    assert identity({"SecurityOptions": ["name=seccomp,profile=default"]}) == {
        "user": f"{os.getuid()}:{os.getgid()}",
        "group_add": [str(group) for group in sorted(set(os.getgroups()) - {os.getgid()})],
    }
    assert identity({"SecurityOptions": None})["user"] == f"{os.getuid()}:{os.getgid()}"
    assert identity({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}) == {"user": "0:0"}


class Recorder:
    """Takes what kfp hands over, in place of a run's containers, and fails it."""

    def __init__(self) -> None:
        self.given: list[tuple] = []

    def run(self, *given: object) -> int:
        self.given.append(given)
        return 7


def test_kfp_hands_a_task_of_a_spec_over_mocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(docker_task_handler, "DockerTaskHandler", partial(StageContainer, recorder))
    # kfp runs tasks in threads and does not always put print back.
    monkeypatch.setattr(builtins, "print", print)
    place = Containers(None, ImageNames("ghcr.io/team", "1"), Memory.parse("4g"))
    pipeline = load_pipeline("training")
    local.init(runner=place.runner(), pipeline_root=str(tmp_path))
    with pytest.raises(RuntimeError, match=r"Inner task failed"):
        place.runnable(pipeline)(**parameters_of(pipeline) | {"source": "sample:churn", "target": "churned"})
    # The others depend on these, which run side by side and so come in either order.
    assert sorted((image, command[0], variables) for image, command, variables in recorder.given) == [
        ("ghcr.io/team/kfp-tabular-ingest:1", "sh", {}),
        ("ghcr.io/team/kfp-tabular-problem:1", "sh", {}),
    ]
    assert all("--executor_input" in command for _, command, _ in recorder.given)


@pytest.mark.slow
def test_kfps_own_handler_is_back_after_a_run(docker_engine: DockerClient, folder: RunFolder) -> None:
    own = docker_task_handler.DockerTaskHandler
    place = Containers(docker_engine, ImageNames("ghcr.io/team", "1"), Memory.parse("4g"))
    with place.opened(folder):
        assert docker_task_handler.DockerTaskHandler is not own
    assert docker_task_handler.DockerTaskHandler is own


@pytest.mark.slow
def test_the_folder_of_an_embedded_database_is_made(
    docker_engine: DockerClient, folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/far/away/mlflow.db")
    with Containers(docker_engine, ImageNames("r", "1"), Memory.parse("4g")).opened(folder):
        assert (tmp_path / "far" / "away").is_dir()


@pytest.mark.slow
def test_what_runs_on_of_a_killed_attempt_is_removed(
    run: Callable[..., int], docker_engine: DockerClient, folder: RunFolder, tmp_path: Path
) -> None:
    first = threading.Thread(target=run, args=("sleep 60",))
    first.start()
    end = time.monotonic() + SECONDS_TO_START
    while not left_behind(docker_engine, folder):
        assert time.monotonic() < end, "the container did not start"
        time.sleep(0.05)
    # Of the same name, and not the same run.
    namesake = RunFolder.create(tmp_path / "others", "one")
    with closing(RunContainers(docker_engine, namesake, Memory.parse("64m"))):
        assert left_behind(docker_engine, folder)
    with closing(RunContainers(docker_engine, folder, Memory.parse("64m"))):
        assert left_behind(docker_engine, folder) == []
    first.join(SECONDS_TO_START)
    assert not first.is_alive()


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
    started, finished = events(folder)
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
    assert [event["status"] for event in events(folder) if event.get("state") == "finished"] == [3] * 20


@pytest.mark.slow
def test_kfp_is_told_of_failure_and_success(
    containers: RunContainers, python_image: str, folder: RunFolder
) -> None:
    def ended(script: str) -> Status:
        command = command_of("split", folder.artifacts, "sh", "-ec", script)
        return StageContainer(containers, python_image, command, str(folder.artifacts), None).run()

    assert (ended("exit 1"), ended("exit 0")) == (Status.FAILURE, Status.SUCCESS)


GREEDY = "python3 -c 'x = bytearray(500_000_000)'"


@pytest.mark.slow
def test_too_little_memory_is_told_with_more_to_give(run: Callable[..., int], folder: RunFolder) -> None:
    for _ in range(5):
        assert run(GREEDY, "tune") != 0
    said = {(event["what"], event["remedy"]) for event in events(folder) if event["event"] == "error"}
    assert said == {
        (
            "The container of tune was ended for using more than its 64m of memory.",
            "Give it more: --memory 128m, or MEMORY=128m.",
        )
    }
    assert sum(event["event"] == "error" for event in events(folder)) == 5


@pytest.mark.slow
def test_a_file_in_tmp_counts_as_memory(run: Callable[..., int], folder: RunFolder) -> None:
    assert run("head -c 200000000 /dev/zero >/tmp/big", "tune") != 0
    assert "more than its 64m" in error(folder)["what"]


@pytest.mark.slow
def test_a_container_ended_by_a_signal_says_so(
    run: Callable[..., int], folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("python3 -c 'import os; os.abort()'", "eda") == 128 + signal.SIGABRT
    assert "The container of eda was ended by signal 6." in capsys.readouterr().out
    assert [event["event"] for event in events(folder)] == ["task", "task"]


@pytest.mark.slow
def test_an_output_that_is_not_there_is_a_failure_and_named(
    run: Callable[..., int], folder: RunFolder
) -> None:
    script = f"mkdir -p {folder.artifacts}/split; echo >{folder.artifacts}/split/train"
    assert run(script, parameters=("Output",), artifacts=("train", "test")) != 0
    assert error(folder)["what"] == (
        "The container of split ended without an error, but has not left behind: Output, test."
    )
    assert events(folder)[-1]["status"] != 0


@pytest.mark.slow
def test_a_container_can_change_nothing_but_its_run(
    run: Callable[..., int], folder: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s")
    script = (
        "for path in /x /opt/x /var/tmp/x; do if touch $path 2>/dev/null; then exit 1; fi; done; "
        f"if test -e {tmp_path}/secret; then exit 2; fi; touch /tmp/x {folder.path}/mine; "
        "grep -q 'CapEff:.0000000000000000' /proc/self/status; "
        "grep -q 'NoNewPrivs:.1' /proc/self/status; test $(ls /sys/class/net) = lo"
    )
    assert run(script) == 0
    assert (folder.path / "mine").exists()


@pytest.mark.slow
def test_a_container_has_no_variables_of_others(
    run: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:9")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    script = f"mkdir -p {folder.artifacts}; env >{folder.artifacts}/env; echo $MLFLOW_TRACKING_URI $OURS"
    assert run(script, "tune", variables={"OURS": "of the pipeline"}) == 0
    seen = (folder.artifacts / "env").read_text()
    assert f"KFP_TABULAR_EVENTS={folder.events}\n" in seen
    assert "OURS=of the pipeline\n" in seen
    assert "secret" not in seen
    assert "MLFLOW" not in seen
    assert run(script, "train") == 0
    assert "MLFLOW_TRACKING_PASSWORD=secret\n" in (folder.artifacts / "env").read_text()


@pytest.mark.slow
def test_dockers_proxies_are_for_those_who_have_a_network(
    python_image: str, folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = {"proxies": {"default": {"httpProxy": "http://me:secret@proxy"}}}
    (tmp_path / "config.json").write_text(json.dumps(proxies))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    script = f"env >{folder.path}/env"
    with closing(DockerClient.from_env()) as client:
        containers = RunContainers(client, folder, Memory.parse("64m"))
        for name, source in (("tune", ""), ("ingest", "sample:churn"), ("ingest", "http://host/t.csv")):
            command = command_of(name, folder.artifacts, "sh", "-c", script, given={"source": source})
            assert containers.run(python_image, command, {}) == 0
            seen = (folder.path / "env").read_text()
            assert ("HTTP_PROXY=http://me:secret@proxy" in seen) == source.startswith("http")
        containers.close()


@pytest.mark.slow
def test_ingest_reads_its_source_and_cannot_change_it(run: Callable[..., int], tmp_path: Path) -> None:
    source = tmp_path / "a: b.csv"
    source.write_text("a,b\n")
    given = {"source": str(source)}
    assert run(f"grep -q a,b '{source}'; if echo x >'{source}'; then exit 1; fi", "ingest", given=given) == 0
    assert source.read_text() == "a,b\n"
    missing = {"source": str(tmp_path / "b.csv")}
    assert run(f"ls {tmp_path} | grep -q 'a: b.csv'", "ingest", given=missing) == 0


@pytest.mark.slow
def test_ingest_reaches_a_server_on_this_machines_localhost(run: Callable[..., int], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n")
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split()[0]
        address = f"http://127.0.0.1:{port}/t.csv"
        script = f"python3 -c 'import urllib.request; urllib.request.urlopen(\"{address}\", timeout=5)'"
        assert run(script, "ingest", given={"source": address}) == 0
        assert run(script, "ingest", given={"source": "sample:churn"}) != 0
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.slow
def test_a_container_is_labelled_and_runs_as_no_other_user(
    docker_engine: DockerClient, folder: RunFolder, python_image: str
) -> None:
    folder.path.chmod(0o777)
    containers = RunContainers(docker_engine, folder, Memory.parse("64m"))
    # Whoever runs the tests may be root.
    containers._identity = {"user": "12345:54321"}
    with closing(containers), in_background(containers, python_image, folder, "sleep 60"):
        (one,) = left_behind(docker_engine, folder)
        attributes = docker_engine.containers.get(one).attrs
        assert attributes["Config"]["Labels"] == {"kfp-tabular.run": "one", "kfp-tabular.task": "tune"}
        assert attributes["HostConfig"]["Memory"] == attributes["HostConfig"]["MemorySwap"] == 64 << 20
        assert not attributes["HostConfig"]["AutoRemove"]
        assert (folder.path / "begun").stat().st_uid == 12345
        assert (folder.path / "begun").stat().st_gid == 54321
    assert left_behind(docker_engine, folder) == []


class in_background:  # noqa: N801
    """Runs a script as the task tune, and lets the block begin when the script has."""

    def __init__(self, containers: RunContainers, image: str, folder: RunFolder, script: str) -> None:
        self._begun = folder.path / "begun"
        script = f"touch {self._begun}; {script}"
        self._containers = containers
        self._command = command_of("tune", folder.artifacts, "sh", "-ec", script)
        self._image = image
        self.status: int | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.status = self._containers.run(self._image, self._command, {})

    def __enter__(self) -> "in_background":
        self._thread.start()
        wait_for(self._begun.exists)
        return self

    def __exit__(self, *_: object) -> None:
        self._containers.stop()
        self._thread.join()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not condition():
        assert time.monotonic() < end, "nothing has begun"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_stopped_run_starts_no_container(
    containers: RunContainers, run: Callable[..., int], python_image: str, folder: RunFolder
) -> None:
    with in_background(containers, python_image, folder, "sleep 60") as task:
        pass
    assert task.status == 137
    before = events(folder)
    assert run("exit 0") != 0
    assert events(folder) == before


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
    assert [event.get("state") for event in events(folder) if event["event"] == "task"] == [
        "started",
        "finished",
    ]


@pytest.mark.slow
def test_a_run_stopped_at_any_moment_leaves_no_container(
    docker_engine: DockerClient, python_image: str, folder: RunFolder
) -> None:
    command = command_of("tune", folder.artifacts, "sleep", "60")
    statuses = []
    for n in range(12):
        containers = RunContainers(docker_engine, folder, Memory.parse("64m"))
        task = threading.Thread(target=lambda: statuses.append(containers.run(python_image, command, {})))  # noqa: B023
        task.start()
        time.sleep(n * 0.04)
        containers.close()
        assert left_behind(docker_engine, folder) == []
        task.join()
    assert len(statuses) == 12
    assert 0 not in statuses


@pytest.mark.slow
def test_a_silent_container_is_waited_for(folder: RunFolder, python_image: str) -> None:
    # The client's patience is with the engine's answers, and not with a task.
    with closing(DockerClient.from_env(timeout=1)) as impatient:
        containers = RunContainers(impatient, folder, Memory.parse("64m"))
        command = command_of("tune", folder.artifacts, "sh", "-c", "sleep 3; exit 5")
        with closing(containers):
            assert containers.run(python_image, command, {}) == 5


@pytest.mark.slow
def test_a_container_that_cannot_start_is_told_in_the_engines_words(
    run: Callable[..., int], folder: RunFolder, containers: RunContainers, python_image: str
) -> None:
    command = command_of("split", folder.artifacts, "no-such-program")
    assert containers.run(python_image, command, {}) != 0
    assert error(folder)["what"].startswith("The Docker Engine could not run the container of split: ")
    assert "no-such-program" in error(folder)["what"]


@pytest.mark.slow
def test_a_container_that_somebody_removes_is_a_failure(
    docker_engine: DockerClient, containers: RunContainers, python_image: str, folder: RunFolder
) -> None:
    with in_background(containers, python_image, folder, "sleep 60") as task:
        (one,) = left_behind(docker_engine, folder)
        docker_engine.containers.get(one).remove(force=True)
        task._thread.join()
        assert task.status not in (0, None)


INTERRUPTED = """
import sys
from pathlib import Path
from kfp import dsl, local
from rich.console import Console
from pipelines import compiling
from pipelines.local.containers import Containers
from pipelines.local.engine import connected
from pipelines.local.folder import RunFolder
from pipelines.image_names import ImageNames
from pipelines.local.reporting import run_and_report
from pipelines.local.memory import Memory

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

compiling.load_pipeline = lambda name: globals()[name]
place = Containers(connected(), ImageNames("r", "1"), Memory.parse("64m"))
sys.exit(run_and_report(SHAPE, {}, RunFolder.create(Path(RUNS), "one"), place, is_verbose=False))
"""


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
    )
    folder = RunFolder(tmp_path / "one")
    try:
        wait_for(lambda: len(list(folder.path.glob("begun-*"))) == n_containers)
        assert len(left_behind(docker_engine, folder)) == n_containers
        command.send_signal(number)
        # Whoever presses the keys twice breaks nothing off.
        command.send_signal(number)
    finally:
        shown, errors = command.communicate(timeout=30)
    assert (command.returncode, errors) == (130, f"stopped; what was done is in {folder.path}\n")
    assert left_behind(docker_engine, folder) == []
    # What containers say at their end belongs in the log.
    assert "signal" not in shown
    assert folder.log.read_text().count("The container of tune was ended by signal 9.") == n_containers
    assert len(list(folder.path.glob("begun-*"))) == n_containers
    assert [event["state"] for event in events(folder)] == ["started"] * n_containers + [
        "finished"
    ] * n_containers
