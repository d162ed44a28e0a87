"""Which process ran which trial, and when."""

from typing import NamedTuple

from components._estimators.description import get_title
from components._problem.metric_scale import MetricScale
from components._sweep.trials import Sweep, TrialResult


class TrialBar(NamedTuple):
    """The last attempt of a trial.

    Attributes
    ----------
    process : int
        Index of the process that ran it.
    start, seconds : float
        When it started, in seconds after the first trial, and how long it took.
    number : int
        The trial's number.
    title : str
        Title of its family.
    state : {"finished", "pruned", "cut off", "failed"}
        How it ended.
    score : float or None
        Its metric; None if it failed.
    """

    process: int
    start: float
    seconds: float
    number: int
    title: str
    state: str
    score: float | None


class TrialTimelineInfo(NamedTuple):
    """The trials of each process.

    Attributes
    ----------
    processes : list of str
        Names of the processes.
    bars : list of TrialBar
        Trials in the order in which they started.
    seconds : float
        From the start of the first trial to the end of the last.
    busy : float
        Share of that time in which a process ran a trial, from 0 to 1.
    """

    processes: list[str]
    bars: list[TrialBar]
    seconds: float
    busy: float


def compute_timeline_info(sweep: Sweep, scale: MetricScale) -> TrialTimelineInfo | None:
    """Return which process ran which trial, and when; None if no trial has a start time."""
    timed = sorted((trial for trial in sweep.trials if trial.started > 0), key=lambda trial: trial.started)
    if not timed:
        return None
    process_names = _name_processes(timed)
    first = timed[0].started
    bars = [
        TrialBar(
            list(process_names).index((trial.worker, trial.process)),
            trial.started - first,
            trial.seconds,
            trial.number,
            get_title(trial.family),
            _name_state(trial),
            scale.to_metric_value(trial.score) if trial.fold_scores and not trial.failure else None,
        )
        for trial in timed
    ]
    seconds = max(bar.start + bar.seconds for bar in bars)
    busy = sum(bar.seconds for bar in bars) / (seconds * len(process_names)) if seconds else 1.0
    return TrialTimelineInfo(list(process_names.values()), bars, seconds, min(1.0, busy))


def _name_state(trial: TrialResult) -> str:
    if trial.failure:
        return "failed"
    if trial.is_part:
        return "cut off"
    return "pruned" if trial.is_pruned else "finished"


def _name_processes(timed: list[TrialResult]) -> dict[tuple[int, int], str]:
    """Return a name for each process, because the operating system's process ids mean nothing to a reader."""
    processes: dict[int, list[int]] = {}
    for trial in timed:
        own = processes.setdefault(trial.worker, [])
        if trial.process not in own:
            own.append(trial.process)
    return {
        (worker, process): f"worker {worker}, process {i}"
        if len(processes[worker]) > 1
        else f"worker {worker}"
        for worker in sorted(processes)
        for i, process in enumerate(processes[worker])
    }
