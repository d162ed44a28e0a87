"""The state of a run, computed from its events: its stages, their times, and the trials of the sweep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from components.workflow import is_gate

StageStatus = Literal["waiting", "running", "done", "failed", "interrupted"]


def get_stage(task: str) -> str:
    """Return the stage of a task: ``tune`` for ``tune`` and ``tune-plan``."""
    return task.partition("-")[0]


@dataclass
class StageState:
    """The state of one stage.

    Attributes
    ----------
    name : str
        The stage.
    unfinished : set of str
        Its tasks that have not finished once.
    n_running : int
        Number of its tasks that run now; a loop runs several at once.
    seconds : float
        Time in which at least one of its tasks ran, without the current period.
    since : float
        Start of the current period, in seconds since 1970.
    has_failed : bool
        Whether one of its tasks failed.
    is_interrupted : bool
        Whether a person ended one of its tasks.
    current_pass : mapping or None
        The last event about its current pass over the table.
    """

    name: str
    unfinished: set[str] = field(default_factory=set)
    n_running: int = 0
    seconds: float = 0.0
    since: float = 0.0
    has_failed: bool = False
    is_interrupted: bool = False
    current_pass: Mapping[str, Any] | None = None

    @property
    def status(self) -> StageStatus:
        """The status to show."""
        if self.has_failed:
            return "failed"
        if self.is_interrupted:
            return "interrupted"
        if self.n_running:
            return "running"
        if not self.unfinished:
            return "done"
        return "running" if self.seconds else "waiting"

    def compute_seconds(self, now: float) -> float:
        """Return the stage's seconds up to now."""
        return self.seconds + (max(0.0, now - self.since) if self.n_running else 0.0)


class RunState:
    """The state of a run, updated event by event.

    Parameters
    ----------
    tasks : iterable of str
        The pipeline's tasks, in the order in which they run.

    Attributes
    ----------
    stages : dict of str to StageState
        The stages in their order.
    trial : mapping or None
        The last event of the sweep.
    error : mapping or None
        The last event that reports a user's mistake.
    notices : list of str
        What a person should know while the run goes on.
    failed_task : str or None
        The first task that failed.
    started : float or None
        Time of the first event, in seconds since 1970; None before it.
    is_stopping : bool
        Whether a person stops the run: tasks that end with an error from now on were ended, and did not fail.
    """

    def __init__(self, tasks: Iterable[str] = ()) -> None:
        self.stages: dict[str, StageState] = {}
        self.trial: Mapping[str, Any] | None = None
        self.error: Mapping[str, Any] | None = None
        self.notices: list[str] = []
        self.failed_task: str | None = None
        self.started: float | None = None
        self.is_stopping = False
        self.expect_tasks(tasks)

    def expect_tasks(self, tasks: Iterable[str]) -> None:
        """Add tasks that are still to run, in their order; a stage stands where its last task does."""
        names = list(tasks)
        # The plan of a stage may run long before the stage.
        for stage in reversed(dict.fromkeys(map(get_stage, reversed(names)))):
            self.stages.setdefault(stage, StageState(stage))
        for name in names:
            self._get_stage(name).unfinished.add(name)

    def apply_event(self, event: Mapping[str, Any]) -> None:
        """Update the state with an event; events of other kinds are ignored."""
        kind = event.get("event")
        if self.started is None:
            self.started = event.get("time")
        if kind == "trial":
            # Processes of a sweep report independently, so that events may come out of order.
            if self.trial is None or event["finished"] >= self.trial["finished"]:
                self.trial = event
        elif kind == "error":
            self.error = event
        elif kind == "notice":
            self.notices.append(event["text"])
        elif kind == "pass":
            self._get_stage(event["stage"]).current_pass = event
        elif kind == "task":
            self._apply_task(event)

    def _apply_task(self, event: Mapping[str, Any]) -> None:
        stage = self._get_stage(event["name"])
        if event["state"] == "started":
            stage.since = stage.since if stage.n_running else event["time"]
            stage.n_running += 1
            return
        stage.n_running -= 1
        stage.current_pass = None
        stage.unfinished.discard(event["name"])
        if stage.n_running == 0:
            stage.seconds += max(0.0, event["time"] - stage.since)
        if event["status"] != 0:
            if self.is_stopping:
                stage.is_interrupted = True
                return
            stage.has_failed = True
            self.failed_task = self.failed_task or event["name"]

    @property
    def rejecting_stage(self) -> str | None:
        """The stage whose gate stopped the run; None if no gate did."""
        task = self.failed_task or ""
        return get_stage(task) if is_gate(task) and self.error else None

    def _get_stage(self, task: str) -> StageState:
        name = get_stage(task)
        return self.stages.setdefault(name, StageState(name))
