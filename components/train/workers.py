"""Who ran which trial when."""

from typing import NamedTuple

from components._model.trials import Sweep, TrialResult
from components.train.sweep_info import Scale, title_of


class Bar(NamedTuple):
    """The last attempt of a trial.

    Attributes
    ----------
    lane : int
        Index of the process that ran it.
    start, seconds : float
        When it began, in seconds since the first trial did, and how long it took.
    number : int
        The trial's number.
    title : str
        Title of its family.
    state : {"finished", "pruned", "failed"}
        What became of it.
    score : float or None
        Its score as written; None if it failed.
    """

    lane: int
    start: float
    seconds: float
    number: int
    title: str
    state: str
    score: float | None


class TimelineInfo(NamedTuple):
    """The trials of each process.

    Attributes
    ----------
    lanes : list of str
        Names of the processes.
    bars : list of Bar
        Trials in the order in which they began.
    seconds : float
        From the start of the first trial to the end of the last.
    busy : float
        Share of that time in which a process ran a trial, from 0 to 1.
    """

    lanes: list[str]
    bars: list[Bar]
    seconds: float
    busy: float


def timeline_info(sweep: Sweep, scale: Scale) -> TimelineInfo | None:
    """Return who ran which trial when; None if no trial says when it began."""
    timed = sorted((trial for trial in sweep.trials if trial.started > 0), key=lambda trial: trial.started)
    if not timed:
        return None
    lanes = _lanes(timed)
    first = timed[0].started
    bars = [
        Bar(
            list(lanes).index((trial.worker, trial.process)),
            trial.started - first,
            trial.seconds,
            trial.number,
            title_of(trial.family),
            "failed" if trial.failure else "pruned" if trial.is_pruned else "finished",
            scale.written(trial.score) if trial.fold_scores and not trial.failure else None,
        )
        for trial in timed
    ]
    seconds = max(bar.start + bar.seconds for bar in bars)
    busy = sum(bar.seconds for bar in bars) / (seconds * len(lanes)) if seconds else 1.0
    return TimelineInfo(list(lanes.values()), bars, seconds, min(1.0, busy))


def _lanes(timed: list[TrialResult]) -> dict[tuple[int, int], str]:
    """Return a name for each process: an operating system's number of it says nothing."""
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
