"""Follows a run on a cluster until it ends."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from pipelines.local.run_state import is_gate
from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_client import KubeflowClient

_POLLING_SECONDS = 5.0
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
    run_id: str,
    titles: Mapping[str, str],
    output: TextIO,
    *,
    seconds: float | None = None,
    clock: PollingClock = PollingClock(),
) -> bool:
    """Show the progress of a run until it ends, and return whether it succeeded.

    Parameters
    ----------
    client : KubeflowClient
        Fetches the run's state.
    run_id : str
        The run.
    titles : mapping of str to str
        The title of each task, by its name in the spec. Other tasks, which a cluster adds, are not shown.
    output : TextIO
        Receives a line for each task that starts or ends, and the verdict.
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
    lines = _TaskLines(titles)
    n_failed = 0
    while True:
        try:
            run = client.runs.run_service_get_run(run_id)
        except KubeflowError as error:
            n_failed += 1
            is_temporary = isinstance(error, KubeflowUnreachable | RequestOutcomeUnknown)
            if n_failed == _FAILED_ATTEMPTS or not is_temporary:
                remedy = f"{error.remedy}\nThe run continues on the cluster."
                raise KubeflowError(error.what, remedy) from None
        else:
            n_failed = 0
            tasks = _list_tasks(run, titles)
            output.writelines(f"{line}\n" for line in lines.format_new_lines(tasks))
            output.flush()
            if run.state in ENDED:
                output.write(f"{_describe_verdict(run, tasks, titles)}\n")
                return bool(run.state == "SUCCEEDED")
        if seconds is not None and clock.now() - started >= seconds:
            raise KubeflowError(
                f"The run has not ended after {seconds:g} s and continues.",
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


def _describe_verdict(run: Any, tasks: Sequence[Any], titles: Mapping[str, str]) -> str:
    if run.state == "SUCCEEDED":
        return f"{run.display_name} succeeded."
    failed = [task for task in tasks if task.state == "FAILED"]
    names = ", ".join(titles[task.display_name] for task in failed)
    if run.state != "FAILED":
        return f"{run.display_name} was {run.state.lower()}."
    if failed and all(is_gate(task.display_name) for task in failed):
        return f"{run.display_name} was rejected at: {names}. The report of the task before it says why."
    messages = [part.error.message for part in (*failed, run) if part.error and part.error.message]
    return "\n".join([f"{run.display_name} failed{f' at: {names}' if names else ''}.", *messages])
