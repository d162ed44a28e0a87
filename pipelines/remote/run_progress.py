"""A run on a cluster, watched to its end."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_client import KubeflowClient

_SECONDS_BETWEEN_LOOKS = 5.0
# A forwarded port comes and goes while a run goes on for hours.
_MISSED_LOOKS = 12
# The end of a run, however it came: kfp's own waiting knows no cancelled run, and waits for it for ever.
ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
_MARKS = {"SUCCEEDED": "✓", "SKIPPED": "–", "FAILED": "✗", "CANCELED": "✗"}
# A task that fails on purpose, because what came before it was not good enough.
_GATE = "-gate"


@dataclass(frozen=True)
class PollingClock:
    """Time, which tests replace.

    Attributes
    ----------
    now : callable
        Seconds that have passed since some moment.
    sleep : callable
        Waits a number of seconds.
    """

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
    """Show how a run gets on until it ends, and return whether it succeeded.

    Parameters
    ----------
    client : Client
        Asks.
    run_id : str
        The run.
    titles : mapping of str to str
        What people call each task, by its name in the spec. Others, which a cluster adds, are not shown.
    output : TextIO
        Receives a line for each task that begins or ends, and the verdict.
    seconds : float or None
        How long to wait. None: until the end.
    clock : Clock
        The time.

    Raises
    ------
    ClusterError
        It did not end in time, or the cluster cannot be asked any more. The run goes on.
    """
    began = clock.now()
    lines = _TaskLines(titles)
    missed = 0
    while True:
        try:
            run = client.get_run(run_id)
        except KubeflowError as error:
            missed += 1
            if missed == _MISSED_LOOKS or not isinstance(error, KubeflowUnreachable | RequestOutcomeUnknown):
                remedy = f"{error.remedy}\nThe run goes on without being watched."
                raise KubeflowError(error.what, remedy) from None
        else:
            missed = 0
            tasks = _list_tasks(run, titles)
            output.writelines(f"{line}\n" for line in lines.format_new_lines(tasks))
            output.flush()
            if run.state in ENDED:
                output.write(f"{_describe_verdict(run, tasks, titles)}\n")
                return bool(run.state == "SUCCEEDED")
        if seconds is not None and clock.now() - began >= seconds:
            raise KubeflowError(
                f"The run has not ended after {seconds:g} s, and goes on.",
                "Wait longer with --timeout, or follow it in the dashboard.",
            )
        clock.sleep(_SECONDS_BETWEEN_LOOKS)


class _TaskLines:
    """A line for each task that has begun and for each that has ended, given once."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._begun: set[str] = set()
        self._ended: set[str] = set()

    def format_new_lines(self, tasks: Sequence[Any]) -> list[str]:
        lines = []
        for task in tasks:
            title = self._titles[task.display_name]
            if task.state in _MARKS and task.task_id not in self._ended:
                self._ended.add(task.task_id)
                lines.append(f"{_MARKS[task.state]} {title:<28}{_format_duration(task)}".rstrip())
            elif task.state == "RUNNING" and task.task_id not in self._begun:
                self._begun.add(task.task_id)
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
    # A time that there is not is sent as the beginning of 1970.
    return time_.timestamp() if time_ else 0.0


def _describe_verdict(run: Any, tasks: Sequence[Any], titles: Mapping[str, str]) -> str:
    if run.state == "SUCCEEDED":
        return f"{run.display_name} succeeded."
    failed = [task for task in tasks if task.state == "FAILED"]
    names = ", ".join(titles[task.display_name] for task in failed)
    if run.state != "FAILED":
        return f"{run.display_name} was {run.state.lower()}."
    if failed and all(task.display_name.endswith(_GATE) for task in failed):
        return f"{run.display_name} was rejected at: {names}. The report of the step before it says why."
    said = [task.error.message for task in failed if task.error and task.error.message]
    if run.error and run.error.message:
        said.append(run.error.message)
    return "\n".join([f"{run.display_name} failed{f' at: {names}' if names else ''}.", *said])
