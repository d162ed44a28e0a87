"""What a run's events add up to: which stages have run, how long, and how far the sweep is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

StageStatus = Literal["waiting", "running", "done", "failed"]
_GATE = "-gate"


def get_stage(task: str) -> str:
    """Return the stage that a task belongs to, as ``tune-plan`` and ``tune`` to ``tune``."""
    return task.partition("-")[0]


@dataclass
class StageState:
    """One stage so far.

    Attributes
    ----------
    name : str
        The stage.
    unfinished : set of str
        Its tasks that have not finished once.
    n_running : int
        Its tasks that run now; a loop runs several at once.
    seconds : float
        Time in which at least one of its tasks ran, without the present one.
    since : float
        When the present such time began, seconds since 1970.
    has_failed : bool
        Whether one of its tasks failed.
    """

    name: str
    unfinished: set[str] = field(default_factory=set)
    n_running: int = 0
    seconds: float = 0.0
    since: float = 0.0
    has_failed: bool = False

    @property
    def status(self) -> StageStatus:
        """What the stage is doing."""
        if self.has_failed:
            return "failed"
        if self.n_running:
            return "running"
        if not self.unfinished:
            return "done"
        return "running" if self.seconds else "waiting"

    def compute_seconds(self, now: float) -> float:
        """Return the stage's seconds up to now."""
        return self.seconds + (max(0.0, now - self.since) if self.n_running else 0.0)


class RunState:
    """The state of a run, brought up to date event by event.

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
        The last event of a user's mistake.
    failed_task : str or None
        The first task that failed.
    """

    def __init__(self, tasks: Iterable[str] = ()) -> None:
        self.stages: dict[str, StageState] = {}
        self.trial: Mapping[str, Any] | None = None
        self.error: Mapping[str, Any] | None = None
        self.failed_task: str | None = None
        self.expect_tasks(tasks)

    def expect_tasks(self, tasks: Iterable[str]) -> None:
        """Learn which tasks are to come."""
        for task in tasks:
            self._get_stage(task).unfinished.add(task)

    def apply_event(self, event: Mapping[str, Any]) -> None:
        """Take in what happened; events of an unknown kind mean nothing here."""
        kind = event.get("event")
        if kind == "trial":
            # Processes of a sweep tell of their trials independently: the count never goes back.
            if self.trial is None or event["finished"] >= self.trial["finished"]:
                self.trial = event
        elif kind == "error":
            self.error = event
        elif kind == "task":
            self._apply_task(event)

    def _apply_task(self, event: Mapping[str, Any]) -> None:
        stage = self._get_stage(event["name"])
        if event["state"] == "started":
            stage.since = stage.since if stage.n_running else event["time"]
            stage.n_running += 1
            return
        stage.n_running -= 1
        stage.unfinished.discard(event["name"])
        if stage.n_running == 0:
            stage.seconds += max(0.0, event["time"] - stage.since)
        if event["status"] != 0:
            stage.has_failed = True
            self.failed_task = self.failed_task or event["name"]

    @property
    def rejecting_stage(self) -> str | None:
        """The stage whose gate stopped the run, None where none did."""
        task = self.failed_task or ""
        return get_stage(task) if task.endswith(_GATE) and self.error else None

    def _get_stage(self, task: str) -> StageState:
        name = get_stage(task)
        return self.stages.setdefault(name, StageState(name))
