"""Follows a run on a cluster until it ends."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from components.workflow import Task, Workflow
from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.spec import Spec
from pipelines.remote.submission import SubmittedRun

_POLLING_SECONDS = 5.0
# A workflow is some hundred kB, and the cluster updates it every few seconds.
_WORKFLOW_SECONDS = 10.0
# How long a pod may wait before it is mentioned. Large images take minutes.
_PATIENCE, _PATIENCE_WHILE_STARTING = 30.0, 120.0
# How long a pod may wait for what does not come by itself: with the polling, less than two minutes.
_HOPELESS_SECONDS = 100.0
# Attempts in a row that may fail: a forwarded port may be lost for a while during a run of hours.
_FAILED_ATTEMPTS = 12
# kfp's own waiting does not know cancelled runs and would wait for ever.
ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
_MARKS = {"SUCCEEDED": "✓", "SKIPPED": "–", "FAILED": "✗", "CANCELED": "✗"}


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
    lines, watch = _TaskLines(spec.titles), _WaitingTasks()
    n_failed, workflow_due = 0, started
    while True:
        try:
            run = client.runs.run_service_get_run(submitted.run_id)
            has_ended, is_due = run.state in ENDED, clock.now() >= workflow_due
            workflow = client.fetch_workflow(submitted.run_id) if has_ended or is_due else None
        except KubeflowError as error:
            n_failed += 1
            is_temporary = isinstance(error, KubeflowUnreachable | RequestOutcomeUnknown)
            if n_failed == _FAILED_ATTEMPTS or not is_temporary:
                remedy = f"{error.remedy}\nThe run continues on the cluster."
                raise KubeflowError(error.what, remedy) from None
        else:
            n_failed = 0
            workflow_due = clock.now() + _WORKFLOW_SECONDS if is_due else workflow_due
            tasks = _list_tasks(run, spec.titles)
            output.writelines(f"{line}\n" for line in lines.format_new_lines(tasks))
            if has_ended:
                output.write(f"{_describe_verdict(run, tasks, workflow, submitted, spec)}\n")
                return bool(run.state == "SUCCEEDED")
            if workflow is not None:
                watch.update(workflow, clock.now())
                output.writelines(f"{line}\n" for line in watch.format_new_lines())
                if hopeless := watch.find_hopeless():
                    output.write(f"{_stop_run(client, run, hopeless, submitted, spec)}\n")
                    return False
            output.flush()
        if seconds is not None and clock.now() - started >= seconds:
            waiting = "".join(f"\n{line}" for line in watch.describe_all())
            raise KubeflowError(
                f"The run has not ended after {seconds:g} s and continues.{waiting}",
                "Wait longer with --timeout, or follow it in the dashboard.",
            )
        clock.sleep(_POLLING_SECONDS)


class _TaskLines:
    """One line for each task that has started and one for each that has ended, returned once."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._started: set[str] = set()
        self._ended: set[str] = set()

    def format_new_lines(self, tasks: Sequence[Any]) -> list[str]:
        lines = []
        for task in tasks:
            title = self._titles[task.display_name]
            if task.state in _MARKS and task.task_id not in self._ended:
                self._ended.add(task.task_id)
                lines.append(f"{_MARKS[task.state]} {title:<28}{_format_duration(task)}".rstrip())
            elif task.state == "RUNNING" and task.task_id not in self._started:
                self._started.add(task.task_id)
                lines.append(f"› {title}")
        return lines


class _WaitingTasks:
    """The tasks whose pods cannot start, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._tasks: dict[str, Task] = {}
        self._told: set[tuple[str, bool]] = set()
        self._now = 0.0

    def update(self, workflow: Workflow, now: float) -> None:
        """Take note of the tasks that wait now."""
        self._now = now
        tasks = {task.pod: task for task in workflow.waiting}
        self._since = {pod: self._since.get(pod, now) for pod in tasks}
        # Kubernetes alternates between the answer of a registry and "back-off": the cause that counts stays.
        self._tasks = {
            pod: before if (before := self._tasks.get(pod)) and before.cause.is_permanent else task
            for pod, task in tasks.items()
        }

    def format_new_lines(self) -> list[str]:
        """Return the tasks that wait for long, each once, and again if its pod gets a cause."""
        lines = []
        for pod, task in self._tasks.items():
            key = (pod, task.is_starting)
            patience = _PATIENCE_WHILE_STARTING if task.is_starting else _PATIENCE
            if self._compute_wait(pod) >= patience and key not in self._told:
                self._told.add(key)
                lines.append(f"… {task.title}: {task.cause.what}.\n  {task.cause.remedy}")
        return lines

    def describe_all(self) -> list[str]:
        """Return what every task waits for."""
        return [f"{task.title} waits: {task.cause.what}." for task in self._tasks.values()]

    def find_hopeless(self) -> Task | None:
        """Return a task that waits for what does not come by itself, and has waited long enough."""
        return next(
            (
                task
                for pod, task in self._tasks.items()
                if task.cause.is_permanent and self._compute_wait(pod) >= _HOPELESS_SECONDS
            ),
            None,
        )

    def _compute_wait(self, pod: str) -> float:
        return self._now - self._since[pod]


def _list_tasks(run: Any, titles: Mapping[str, str]) -> list[Any]:
    details = (run.run_details.task_details if run.run_details else None) or []
    known = [task for task in details if task.display_name in titles]
    return sorted(
        known, key=lambda task: (task.state not in _MARKS, _to_timestamp(task.end_time), task.task_id)
    )


def _format_duration(task: Any) -> str:
    seconds = _to_timestamp(task.end_time) - _to_timestamp(task.start_time)
    return f"{seconds:8.0f} s" if _to_timestamp(task.start_time) > 0 and seconds >= 0 else ""


def _to_timestamp(time_: datetime | None) -> float:
    # The API sends a missing time as the beginning of 1970.
    return time_.timestamp() if time_ else 0.0


def _stop_run(client: KubeflowClient, run: Any, task: Task, submitted: SubmittedRun, spec: Spec) -> str:
    """Stop a run that would wait for ever, and return what to say about it."""
    try:
        client.runs.run_service_terminate_run(submitted.run_id)
        verdict = "cannot go on and was stopped"
    except KubeflowError as error:
        verdict = f"cannot go on and could not be stopped ({error.what.rstrip('.')})"
    where = f"{_name_run(run, spec)} {verdict} at: {task.title}."
    return (
        f"{where}\n{task.cause.what[:1].upper()}{task.cause.what[1:]}.\n{task.cause.remedy}\n{submitted.url}"
    )


def _name_run(run: Any, spec: Spec) -> str:
    return f"The run {run.display_name} of the pipeline {spec.name}"


def _describe_verdict(
    run: Any, tasks: Sequence[Any], workflow: Workflow | None, submitted: SubmittedRun, spec: Spec
) -> str:
    name = _name_run(run, spec)
    if run.state == "SUCCEEDED":
        return f"{name} succeeded."
    if workflow is not None and workflow.is_decided and not workflow.has_succeeded:
        return f"{workflow.describe_end(name)}\n{submitted.url}"
    failed = [task for task in tasks if task.state == "FAILED"]
    names = ", ".join(spec.titles[task.display_name] for task in failed)
    verdict = "failed" if run.state == "FAILED" else f"was {run.state.lower()}"
    messages = [part.error.message for part in (*failed, run) if part.error and part.error.message]
    if not messages and run.state == "FAILED":
        messages = [
            f"The API gives no cause. kubectl describe workflows -A -l pipeline/runid={submitted.run_id}"
        ]
    return "\n".join([f"{name} {verdict}{f' at: {names}' if names else ''}.", *messages, submitted.url])
