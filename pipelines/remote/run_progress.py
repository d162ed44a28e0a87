"""Follows a run on a cluster until it ends."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from components.waiting_tasks import WaitingTask, WaitingTasks
from components.workflow import TaskProgress, Workflow
from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.spec import Spec
from pipelines.remote.submission import SubmittedRun

# A workflow is some hundred kB, and the cluster updates it every few seconds.
_POLLING_SECONDS = 5.0
# How long a pod may wait before it is mentioned. Large images take minutes.
_PATIENCE, _PATIENCE_WHILE_STARTING = 30.0, 120.0
# How long a pod may wait for what does not come by itself: with the polling, less than two minutes.
_HOPELESS_SECONDS = 100.0
# Attempts in a row that may fail: a forwarded port may be lost for a while during a run of hours.
_FAILED_ATTEMPTS = 12
# kfp's own waiting does not know cancelled runs and would wait for ever.
ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
_STOPPING, _UNFINISHED = "CANCELING", ("PENDING", "RUNNING")
_MARKS = {"Succeeded": "✓", "Skipped": "–", "Failed": "✗", "Error": "✗"}


@dataclass(frozen=True)
class PollingClock:
    """A clock, which tests replace: ``now`` returns seconds, ``sleep`` waits a number of seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def follow_run(
    client: KubeflowClient,
    submitted: SubmittedRun,
    spec: Spec,
    output: TextIO,
    *,
    seconds: float | None = None,
    clock: PollingClock = PollingClock(),
) -> bool:
    """Show the progress of a run until it ends, and return whether it succeeded.

    A run whose task waits for something that does not come by itself, such as an image that does not exist,
    would never end. It is stopped.

    Parameters
    ----------
    client : KubeflowClient
        Fetches the run's state.
    submitted : SubmittedRun
        The run.
    spec : Spec
        Its pipeline, with the titles of its tasks. Other tasks, which a cluster adds, are not shown.
    output : TextIO
        Receives a line for each task that starts, ends or cannot start, and the verdict with its cause.
    seconds : float or None
        How long to wait. None: until the end.
    clock : PollingClock
        The time.

    Raises
    ------
    KubeflowError
        The run did not end in time, or the cluster does not answer any more. The run continues.
    """
    started = clock.now()
    lines, waiting_lines, waiting = _TaskLines(spec.titles), _WaitingLines(), WaitingTasks()
    n_failed = 0
    while True:
        try:
            run = client.runs.run_service_get_run(submitted.run_id)
            workflow = client.fetch_workflow(submitted.run_id)
        except KubeflowError as error:
            n_failed += 1
            is_temporary = isinstance(error, KubeflowUnreachable | RequestOutcomeUnknown)
            if n_failed == _FAILED_ATTEMPTS or not is_temporary:
                remedy = f"{error.remedy}\nThe run continues on the cluster."
                raise KubeflowError(error.what, remedy) from None
        else:
            n_failed = 0
            if workflow is not None:
                output.writelines(f"{line}\n" for line in lines.format_new_lines(workflow.tasks))
                waiting.update(workflow, clock.now())
            # A run that was stopped ends as one that failed.
            is_stopped = run.state == _STOPPING or (workflow is not None and workflow.is_stopped)
            hopeless = waiting.find_hopeless(clock.now(), 0.0 if is_stopped else _HOPELESS_SECONDS)
            if hopeless:
                # A run that was stopped may never end: the task that runs at the end may not start either.
                outcome = "was stopped" if is_stopped else _stop_run(client, submitted)
                verdict = hopeless.describe_stop(_name_run(run, spec), outcome)
                output.write(f"{verdict}\n{submitted.url}\n")
                return False
            if run.state in ENDED:
                output.write(f"{_describe_verdict(run, workflow, submitted, spec)}\n")
                return bool(run.state == "SUCCEEDED")
            output.writelines(
                f"{line}\n" for line in waiting_lines.format_new_lines(waiting.list_all(), clock.now())
            )
            output.flush()
        if seconds is not None and clock.now() - started >= seconds:
            left = "".join(f"\n{task.title} waits: {task.cause.what}." for task, *_ in waiting.list_all())
            raise KubeflowError(
                f"The run has not ended after {seconds:g} s and continues.{left}",
                "Wait longer with --timeout, or follow it in the dashboard.",
            )
        clock.sleep(_POLLING_SECONDS)


class _TaskLines:
    """One line for each task that has started and one for each that has ended, returned once."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._started: set[str] = set()
        self._ended: set[str] = set()

    def format_new_lines(self, tasks: Sequence[TaskProgress]) -> list[str]:
        lines = []
        for task in sorted(tasks, key=_get_order):
            title = self._titles.get(task.name)
            if title is None:
                continue
            if task.phase in _MARKS and task.node not in self._ended:
                self._ended.add(task.node)
                lines.append(f"{_MARKS[task.phase]} {title:<28}{_format_duration(task)}".rstrip())
            elif task.phase == "Running" and task.node not in self._started:
                self._started.add(task.node)
                lines.append(f"› {title}")
        return lines


class _WaitingLines:
    """A line for each task that waits for long, returned once, and again if its pod gets a cause."""

    def __init__(self) -> None:
        self._told: set[tuple[str, bool]] = set()

    def format_new_lines(self, tasks: Sequence[WaitingTask], now: float) -> list[str]:
        lines = []
        for task, since, _ in tasks:
            key = (task.pod, task.is_starting)
            patience = _PATIENCE_WHILE_STARTING if task.is_starting else _PATIENCE
            if now - since >= patience and key not in self._told:
                self._told.add(key)
                lines.append(f"… {task.title}: {task.cause.what}.\n  {task.cause.remedy}")
        return lines


def _get_order(task: TaskProgress) -> tuple[float, str]:
    """Return what to sort tasks by: those that have ended first, in the order of their ends."""
    return (task.ended.timestamp() if task.ended else math.inf, task.node)


def _format_duration(task: TaskProgress) -> str:
    if task.started is None or task.ended is None:
        return ""
    return f"{(task.ended - task.started).total_seconds():8.0f} s"


def _stop_run(client: KubeflowClient, submitted: SubmittedRun) -> str:
    """Stop a run that would wait for ever, and return what became of it."""
    try:
        client.runs.run_service_terminate_run(submitted.run_id)
    except KubeflowError as error:
        # The API refuses to stop a run that the watcher or a person has just stopped.
        if client.runs.run_service_get_run(submitted.run_id).state in _UNFINISHED:
            return f"could not be stopped ({error.what.rstrip('.')})"
    return "was stopped"


def _name_run(run: Any, spec: Spec) -> str:
    return f"The run {run.display_name} of the pipeline {spec.name}"


def _describe_verdict(run: Any, workflow: Workflow | None, submitted: SubmittedRun, spec: Spec) -> str:
    name = _name_run(run, spec)
    if run.state == "SUCCEEDED":
        return f"{name} succeeded."
    if workflow is not None and workflow.is_decided and not workflow.has_succeeded:
        return f"{workflow.describe_end(name)}\n{submitted.url}"
    verdict = "failed" if run.state == "FAILED" else f"was {run.state.lower()}"
    message = run.error.message if run.error else ""
    if not message and run.state == "FAILED":
        message = (
            f"The API gives no cause. kubectl describe workflows -A -l pipeline/runid={submitted.run_id}"
        )
    return "\n".join(filter(None, [f"{name} {verdict}.", message, submitted.url]))
