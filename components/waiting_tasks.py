"""The tasks of a run that wait to start: since when, and whether waiting can help."""

from typing import NamedTuple

from components.workflow import Task, Workflow


class WaitingTask(NamedTuple):
    """A task whose pod has not started.

    Attributes
    ----------
    task : Task
        The task, with the cause that counts.
    since : float
        When it was first seen to wait, in seconds.
    hopeless_since : float or None
        When it was first seen to wait for what does not come by itself. None: it may start by itself.
    """

    task: Task
    since: float
    hopeless_since: float | None


class WaitingTasks:
    """The waiting tasks of one run, from look to look."""

    def __init__(self) -> None:
        self._found: dict[str, WaitingTask] = {}

    def update(self, workflow: Workflow, now: float) -> None:
        """Take note of the tasks that wait now.

        A run that was stopped tells nothing new: all that waited has failed, without a cause.

        Parameters
        ----------
        workflow : Workflow
            The run.
        now : float
            The time in seconds.
        """
        if not workflow.is_stopped:
            self._found = {
                task.pod: _follow_task(task, self._found.get(task.pod), now) for task in workflow.waiting
            }

    def list_all(self) -> list[WaitingTask]:
        """Return the tasks that waited when they were looked at last."""
        return list(self._found.values())

    def find_hopeless(self, now: float, seconds: float = 0.0) -> Task | None:
        """Return a task that waits for what does not come by itself, and has done so long enough.

        Parameters
        ----------
        now : float
            The time in seconds.
        seconds : float
            How long is enough.
        """
        for task, _, hopeless_since in self._found.values():
            if hopeless_since is not None and now - hopeless_since >= seconds:
                return task
        return None


def _follow_task(task: Task, before: WaitingTask | None, now: float) -> WaitingTask:
    since = before.since if before else now
    if before and before.hopeless_since is not None and _get_kind(task) == _get_kind(before.task):
        # Kubernetes alternates between the answer of a registry and "back-off": the cause that counts stays.
        return WaitingTask(task if task.cause.is_permanent else before.task, since, before.hopeless_since)
    return WaitingTask(task, since, now if task.cause.is_permanent else None)


def _get_kind(task: Task) -> str:
    """Return the cause without its details."""
    return task.cause.what.partition(":")[0]
