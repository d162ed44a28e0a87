"""What a sweep did, as records for the page: scores as people write them, so errors are positive."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from components._model.families import FAMILIES
from components._model.trials import Sweep, TrialResult
from components._problem.metrics import get_sign, name_metric

# From so many trials on the worst share of them is drawn at the edge: one bad model would flatten all others.
_MANY, _WORST = 8, 0.1
_PAD = 0.08


class MetricScale(NamedTuple):
    """The metric as people write it.

    Attributes
    ----------
    metric : str
        Its name.
    is_error : bool
        Whether smaller is better.
    """

    metric: str
    is_error: bool

    @classmethod
    def from_metric(cls, metric: str) -> "MetricScale":
        """Return the scale of a scorer."""
        return cls(name_metric(metric), get_sign(metric) < 0)

    @property
    def better(self) -> str:
        """Which direction is better, in words."""
        return f"{'smaller' if self.is_error else 'larger'} is better"

    def to_metric_value(self, score: float) -> float:
        """Return a score, of which larger is better, as it is written."""
        return -score if self.is_error else score


class TrialPoint(NamedTuple):
    """A trial in a picture.

    Attributes
    ----------
    number : int
        Its number in the sweep.
    score : float
        Its score as written.
    title : str
        Title of its family.
    words : str
        Its parameters, and of a pruned trial the folds that it was scored on.
    predict_ms : float
        Time to predict one row, in milliseconds.
    """

    number: int
    score: float
    title: str
    words: str
    predict_ms: float


class SweepInfo(NamedTuple):
    """What the sweep did.

    Attributes
    ----------
    scale : Scale
        The metric.
    ranked : list of TrialResult
        Finished trials, the best first.
    finished, pruned : list of Point
        Trials with a score in every fold, and those that were ended before the last, by number.
    best_so_far : list of float
        Best score as written up to each finished trial.
    low, high : float
        Range of the scores to draw: all but the worst finished trials, and the model's.
    members : list of int
        Numbers of the trials in the model.
    failures : list of (int, str)
        How many trials failed, and why; the most frequent reason first.
    seconds : float
        Time of all trials together.
    notes : list of str
        What kept a worker from doing its part.
    """

    scale: MetricScale
    ranked: list[TrialResult]
    finished: list[TrialPoint]
    pruned: list[TrialPoint]
    best_so_far: list[float]
    low: float
    high: float
    members: list[int]
    failures: list[tuple[int, str]]
    seconds: float
    notes: list[str]


class FamilyInfo(NamedTuple):
    """What one family reached.

    Attributes
    ----------
    title : str
        Name of the family.
    n_finished, n_pruned, n_failed : int
        Its trials.
    best : float or None
        Its best score as written; None if none of its trials finished, and so below.
    seconds : float or None
        Time of its median finished trial.
    predict_ms : float or None
        Time in which its median finished trial predicts a row; None also where it was not measured.
    """

    title: str
    n_finished: int
    n_pruned: int
    n_failed: int
    best: float | None
    seconds: float | None
    predict_ms: float | None


def compute_sweep_info(sweep: Sweep, metric: str, members: list[int]) -> SweepInfo:
    """Return what a sweep did.

    Parameters
    ----------
    sweep : Sweep
        All trials, at least one of them finished.
    metric : str
        Scorer that the sweep maximised.
    members : list of int
        Numbers of the trials in the model.
    """
    scale = MetricScale.from_metric(metric)
    ordered = [trial for trial in sweep.trials if trial.is_finished]
    scores = [trial.score for trial in ordered]
    n_folds = max(len(trial.fold_scores) for trial in ordered)
    finished = [_build_point(trial, scale) for trial in ordered]
    low, high = _compute_score_range(finished, scale, members)
    return SweepInfo(
        scale=scale,
        ranked=sweep.finished,
        finished=finished,
        pruned=[
            _build_point(trial, scale, f"<br>ended after {len(trial.fold_scores)} of {n_folds} folds")
            for trial in sweep.trials
            if trial.is_pruned and trial.fold_scores
        ],
        best_so_far=[scale.to_metric_value(float(best)) for best in np.maximum.accumulate(scores)],
        low=low,
        high=high,
        members=members,
        failures=[
            (count, reason)
            for reason, count in Counter(
                trial.failure for trial in sweep.trials if trial.failure
            ).most_common()
        ],
        seconds=sum(trial.seconds for trial in sweep.trials),
        notes=list(dict.fromkeys(sweep.notes)),
    )


def compute_family_infos(sweep: Sweep, scale: MetricScale) -> list[FamilyInfo]:
    """Return what each family reached, the best first and those without a finished trial last."""
    finished = sweep.finished
    others = [trial for trial in sweep.trials if not trial.is_finished and trial.family]
    infos = []
    for name in dict.fromkeys(trial.family for trial in [*finished, *others]):
        own = [trial for trial in finished if trial.family == name]
        rest = [trial for trial in others if trial.family == name]
        infos.append(
            FamilyInfo(
                get_title(name),
                len(own),
                sum(trial.is_pruned for trial in rest),
                sum(bool(trial.failure) for trial in rest),
                scale.to_metric_value(own[0].score) if own else None,
                _compute_median([trial.seconds for trial in own]),
                _compute_median([trial.predict_ms for trial in own if trial.predict_ms > 0]),
            )
        )
    return infos


def get_title(family: str) -> str:
    """Return a family's name for people; of a trial that ended before it had one, that it has none."""
    return FAMILIES[family].title if family in FAMILIES else family or "no family"


def format_parameters(trial: TrialResult) -> str:
    """Return a trial's parameters."""
    return ", ".join(f"{name} {format_parameter_value(value)}" for name, value in trial.parameters.items())


def format_parameter_value(value: object) -> str:
    """Return a parameter's value as people read it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _build_point(trial: TrialResult, scale: MetricScale, more: str = "") -> TrialPoint:
    score = scale.to_metric_value(trial.score)
    return TrialPoint(
        trial.number, score, get_title(trial.family), format_parameters(trial) + more, trial.predict_ms
    )


def _compute_median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _compute_score_range(
    points: list[TrialPoint], scale: MetricScale, members: list[int]
) -> tuple[float, float]:
    scores = [point.score for point in points]
    low, high = min(scores), max(scores)
    if len(scores) >= _MANY:
        own = [point.score for point in points if point.number in members]
        if scale.is_error:
            high = max(float(np.quantile(scores, 1 - _WORST)), *own, low)
        else:
            low = min(float(np.quantile(scores, _WORST)), *own, high)
    pad = _PAD * (high - low) or _PAD * abs(high) or _PAD
    return low - pad, high + pad
