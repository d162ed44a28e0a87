"""Runs a pipeline on this machine with kfp's local runners."""

import io
import logging
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, Literal

from rich.console import Console

from pipelines.catalogue import ROOT, describe_commit, find_revision
from pipelines.interface import Command
from pipelines.local.progress import NO_ANNOUNCEMENTS, Progress
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_origin import describe_origin
from pipelines.local.run_state import RunState
from pipelines.local.task_runners import TaskRunner
from pipelines.problem_file import replace_nulls

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent

RunStatus = Literal["running", "succeeded", "rejected", "failed", "stopped"]
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN_LINES = 15


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended.

    Attributes
    ----------
    status : str
        ``rejected``: a gate stopped the run; ``stopped``: a person did.
    state : RunState
        The stages and their events.
    seconds : float
        Wall time of the whole run.
    record : dict
        The content of ``run.json``, with every parameter.
    """

    status: RunStatus
    state: RunState
    seconds: float
    record: dict[str, Any]


def run_locally(
    command: Command,
    arguments: Mapping[str, Any],
    folder: RunFolder,
    console: Console,
    runner: TaskRunner,
    *,
    is_verbose: bool = False,
    announcements: Mapping[str, Callable[[], list[str]]] = NO_ANNOUNCEMENTS,
) -> RunOutcome:
    """Run a pipeline of the catalogue and return how it ended.

    Parameters
    ----------
    command : Command
        The command as typed; its last word is the pipeline.
    arguments : mapping of str to JSON values
        The pipeline's parameters; the others keep their defaults.
    folder : RunFolder
        The run's folder, without files of an earlier attempt.
    console : Console
        Where to show the progress.
    runner : TaskRunner
        Runs the tasks.
    is_verbose : bool
        Whether to show kfp's own output, too.
    announcements : mapping of str to callable
        As for ``Progress``.
    """
    started = datetime.now().astimezone()
    state = RunState()
    record = _build_record(command, arguments, folder, started)
    folder.save_record(record)
    is_live = console.is_terminal and not is_verbose
    progress = Progress(folder.events, state, console, is_live=is_live, announcements=announcements)
    status = _execute(record, folder, progress, runner, state, console.file if is_verbose else None)
    ended = datetime.now().astimezone()
    seconds = (ended - started).total_seconds()
    record |= {
        "status": status,
        "finished": ended.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }
    record["stages"] = [
        {"name": stage.name, "status": stage.status, "seconds": round(stage.seconds, 3)}
        for stage in state.stages.values()
    ]
    if state.failed_task:
        record["failed_task"] = state.failed_task
    folder.save_record(record)
    return RunOutcome(status, state, seconds, record)


def _build_record(
    command: Command, arguments: Mapping[str, Any], folder: RunFolder, started: datetime
) -> dict[str, Any]:
    return {
        "name": folder.name,
        "pipeline": command.words[-1],
        "status": "running",
        # A killed run keeps the status "running"; its process shows whether it still runs.
        "process": os.getpid(),
        "started": started.isoformat(timespec="seconds"),
        "parameters": dict(arguments),
        # As typed, with the name of the problem's file: later commands repeat them.
        "options": dict(command.options),
        "commit": describe_commit(),
        "origin": describe_origin(),
        "stages": [],
    }


def _execute(
    record: dict[str, Any],
    folder: RunFolder,
    progress: Progress,
    runner: TaskRunner,
    state: RunState,
    output: IO[str] | None,
) -> RunStatus:
    with ExitStack() as stack:
        # Every task imports this repository's code, in whichever folder the command was given.
        stack.enter_context(chdir(ROOT))
        stack.enter_context(_set_environment(folder, datetime.fromisoformat(record["started"])))
        stop = stack.enter_context(runner.open_run(folder))
        stack.enter_context(_stop_on_signals(stop, state))
        stack.enter_context(progress)
        stack.enter_context(_capture_output(folder, output))
        try:
            _run_with_kfp(record, folder, runner, state)
        except KeyboardInterrupt:
            return "stopped"
        except Exception:
            # kfp's error has no cause; the task's own traceback is in the log already.
            traceback.print_exc(file=sys.stderr)
    # Only after the block has the progress display read the last event.
    if is_rejected(state):
        return "rejected"
    return "failed" if state.failed_task or not _is_complete(state) else "succeeded"


def _run_with_kfp(record: dict[str, Any], folder: RunFolder, runner: TaskRunner, state: RunState) -> None:
    from kfp import local

    from pipelines.spec_compiler import load_pipeline

    pipeline = load_pipeline(record["pipeline"])
    # In the pipeline's own order.
    record["parameters"] = {**list_parameters(pipeline), **record["parameters"]}
    if record["parameters"].get("study") == "":
        # A resumed run, and a warm start, find the sweep by the run's name.
        record["parameters"]["study"] = folder.name
    folder.save_record(record)
    state.expect_tasks(list_tasks(pipeline))
    local.init(
        runner=runner.build_kfp_runner(),
        pipeline_root=str(folder.artifacts),
        raise_on_error=True,
    )
    arguments = {
        name: replace_nulls(value) if isinstance(value, dict) else value
        for name, value in record["parameters"].items()
    }
    runner.prepare_pipeline(pipeline)(**arguments)


def list_tasks(pipeline: "BaseComponent") -> list[str]:
    """Return the names of a pipeline's tasks, including those in loops, each after its dependencies.

    Conditional tasks are left out, because a usual run does not run them.
    """
    spec = pipeline.pipeline_spec
    return list(_iterate_tasks(spec.root.dag, spec.components))


def list_parameters(pipeline: "BaseComponent") -> dict[str, Any]:
    """Return a pipeline's parameters in their order, with their defaults; None for no default."""
    return {name: spec.default for name, spec in (pipeline.component_spec.inputs or {}).items()}


def _iterate_tasks(dag: Any, components: Any) -> Iterator[str]:
    graph = {name: sorted(dag.tasks[name].dependent_tasks) for name in sorted(dag.tasks)}
    for name in TopologicalSorter(graph).static_order():
        if dag.tasks[name].trigger_policy.condition:
            continue
        component = components[dag.tasks[name].component_ref.name]
        if component.HasField("dag"):
            yield from _iterate_tasks(component.dag, components)
        else:
            yield name


def is_rejected(state: RunState) -> bool:
    """Return whether a gate stopped a run, and not an error of the gate's container."""
    return bool(state.rejecting_stage) and "container" not in (state.error or {})


def _is_complete(state: RunState) -> bool:
    return bool(state.stages) and all(stage.status == "done" for stage in state.stages.values())


@contextmanager
def _set_environment(folder: RunFolder, started: datetime) -> Iterator[None]:
    before = dict(os.environ)
    python_path = [str(ROOT), *filter(None, [before.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(python_path)
    os.environ["KFP_TABULAR_EVENTS"] = str(folder.events)
    os.environ["KFP_TABULAR_STARTED"] = str(started.timestamp())
    os.environ["KFP_TABULAR_RUN"] = folder.name
    folder.journal.parent.mkdir(exist_ok=True)
    os.environ["KFP_TABULAR_STUDY_JOURNAL"] = str(folder.journal)
    # Threads that wait for each other would keep a core busy that another process could use.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # No telemetry unless a person asks for it.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{folder.path.parent / 'mlflow.db'}")
    if revision := find_revision():
        os.environ.setdefault("KFP_TABULAR_COMMIT", revision)
    # A task that is killed cannot remove what it wrote there.
    with tempfile.TemporaryDirectory(prefix="kfp-tabular-", ignore_cleanup_errors=True) as scratch:
        os.environ["TMPDIR"] = scratch
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def _stop_on_signals(stop: Callable[[], None], state: RunState) -> Iterator[None]:
    # kfp waits for its tasks before it lets an interruption through, so the tasks are ended first.
    def end(number: int, frame: FrameType | None) -> None:
        # A second Ctrl-C must not interrupt stop().
        for other in handlers:
            signal.signal(other, signal.SIG_IGN)
        state.is_stopping = True
        stop()
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        # A closed terminal sends SIGHUP; nohup lets it be ignored.
        numbers.append(signal.SIGHUP)
    handlers = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _capture_output(folder: RunFolder, console: IO[str] | None) -> Iterator[None]:
    """Write everything that kfp prints and logs to the log, and to ``console`` if given."""
    logger = logging.getLogger()
    level = logger.level
    with folder.log.open("w", encoding="utf-8") as file:
        log = _Log(file, console)
        handler = logging.StreamHandler(log)
        logger.addHandler(handler)
        try:
            with redirect_stdout(log), redirect_stderr(log):
                yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Log(io.TextIOBase):
    def __init__(self, file: IO[str], console: IO[str] | None) -> None:
        self._file = file
        self._console = console

    def write(self, text: str) -> int:
        self._file.write(_COLOURS.sub("", text))
        if self._console:
            self._console.write(text)
        return len(text)

    def flush(self) -> None:
        # Garbage collection flushes once more, when the file may be closed already.
        if self._file.closed:
            return
        self._file.flush()
        if self._console:
            self._console.flush()


def find_defect_lines(log: str) -> Sequence[str]:
    """Return the last lines of a log's first traceback; without a traceback, the last lines of the log."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    starts = [i for i, line in enumerate(lines) if line.lstrip().startswith("Traceback (most recent call")]
    if starts:
        # kfp indents a task's output; the traceback ends before kfp's next report on the task.
        ends = [i for i, line in enumerate(lines) if i > starts[0] and " - ERROR - " in line]
        lines = lines[starts[0] : ends[0] if ends else None]
    last = lines[-_SHOWN_LINES:]
    indent = min((len(line) - len(line.lstrip()) for line in last), default=0)
    return [line[indent:] for line in last]
