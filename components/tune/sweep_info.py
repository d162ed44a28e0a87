"""The sweep as records for its page, with values of the metric in which errors are positive."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from components._estimators.description import format_parameters, get_title
from components._problem.metric_scale import MetricScale
from components._report.page import format_value
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult
from components.errors import format_count

# With so many trials, the worst share of them is drawn at the edge: one bad trial would flatten all others.
_MANY, _WORST = 8, 0.1
_PAD = 0.08


class TrialPoint(NamedTuple):
    """A trial in a figure.

    Attributes
    ----------
    number : int
        Its number in the sweep.
    score : float
        Its metric.
    title : str
        Title of its family.
    details : str
        Its parameters, and for a trial that ended early the number of folds that it was scored on.
    predict_ms : float
        Time to predict one row, in milliseconds.
    """

    number: int
    score: float
    title: str
    details: str
    predict_ms: float


class SweepInfo(NamedTuple):
    """The results of a sweep.

    Attributes
    ----------
    scale : MetricScale
        The metric.
    ranked : list of TrialResult
        Finished trials, the best first.
    finished, pruned, cut_off : list of TrialPoint
        Trials with a score in every fold, those ended before the last fold because they were hopeless or took
        too long, and those that the end of the budget cut off, by number.
    best_so_far : list of float
        Best metric up to each finished trial.
    low, high : float
        Range of the scores to draw: all but the worst finished trials.
    failures : list of (int, str)
        How many trials failed, and why; the most frequent reason first.
    seconds : float
        Time of all trials together.
    notes : list of str
        What kept a worker from doing its part, each once.
    """

    scale: MetricScale
    ranked: list[TrialResult]
    finished: list[TrialPoint]
    pruned: list[TrialPoint]
    cut_off: list[TrialPoint]
    best_so_far: list[float]
    low: float
    high: float
    failures: list[tuple[int, str]]
    seconds: float
    notes: list[str]


class FamilyInfo(NamedTuple):
    """The results of one family.

    Attributes
    ----------
    title : str
        Name of the family.
    n_finished, n_pruned, n_cut_off, n_failed : int
        Its trials.
    best : float or None
        Its best metric; None if none of its trials finished, also for the attributes below.
    seconds : float or None
        Median time of its finished trials.
    predict_ms : float or None
        Median time in which its finished trials predict a row; None also if it was not measured.
    """

    title: str
    n_finished: int
    n_pruned: int
    n_cut_off: int
    n_failed: int
    best: float | None
    seconds: float | None
    predict_ms: float | None


def compute_sweep_info(sweep: Sweep, metric: str) -> SweepInfo:
    """Return the results of a sweep."""
    scale = MetricScale.from_metric(metric)
    ordered = [trial for trial in sweep.trials if trial.is_finished]
    scores = [trial.score for trial in ordered]
    n_folds = max(len(trial.fold_scores) for trial in ordered)
    finished = [_build_point(trial, scale) for trial in ordered]
    low, high = _compute_score_range(finished, scale)

    def build_early(trial: TrialResult, ending: str) -> TrialPoint:
        folds = f"{len(trial.fold_scores)} of {n_folds} folds"
        return _build_point(trial, scale, f"\n{ending} after {folds}")

    return SweepInfo(
        scale=scale,
        ranked=sweep.finished,
        finished=finished,
        pruned=[
            build_early(trial, "ended") for trial in sweep.trials if trial.is_pruned and trial.fold_scores
        ],
        cut_off=[build_early(trial, "cut off") for trial in sweep.trials if trial.is_part],
        best_so_far=[scale.to_metric_value(float(best)) for best in np.maximum.accumulate(scores)],
        low=low,
        high=high,
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
    """Return the results of each family, the best first and families without a finished trial last."""
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
                sum(trial.is_part for trial in rest),
                sum(bool(trial.failure) for trial in rest),
                scale.to_metric_value(own[0].score) if own else None,
                _compute_median([trial.seconds for trial in own]),
                _compute_median([trial.predict_ms for trial in own if trial.predict_ms > 0]),
            )
        )
    return infos


def describe_search(info: SweepInfo, families: list[FamilyInfo]) -> str:
    """Return the result of the search in one or two sentences."""
    scale, winner, (first, *others) = info.scale, info.ranked[0], families
    assert first.best is not None  # at least one trial finished, and the best family is the first
    spread, n_folds = float(np.std(winner.fold_scores)), len(winner.fold_scores)
    sentence = (
        f"The best single trial is {winner.number} ({first.title}), with {scale.title} "
        f"{format_value(first.best)} ± {format_value(spread, 2)} over {format_count(n_folds, 'fold')} "
        f"({scale.better})."
    )
    if not others or others[0].best is None:
        return sentence
    is_close = abs(first.best - others[0].best) <= spread
    return (
        f"{sentence} The next family is {others[0].title} with {format_value(others[0].best)}, which is "
        f"{'within' if is_close else 'outside'} that spread."
    )


def _build_point(trial: TrialResult, scale: MetricScale, more: str = "") -> TrialPoint:
    score, details = scale.to_metric_value(trial.score), format_parameters(trial.parameters) + more
    return TrialPoint(trial.number, score, get_title(trial.family), details, trial.predict_ms)


def _compute_median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _compute_score_range(points: list[TrialPoint], scale: MetricScale) -> tuple[float, float]:
    scores = [point.score for point in points]
    low, high = min(scores), max(scores)
    if len(scores) >= _MANY:
        if scale.is_error:
            high = float(np.quantile(scores, 1 - _WORST))
        else:
            low = float(np.quantile(scores, _WORST))
    pad = _PAD * (high - low) or _PAD * abs(high) or _PAD
    return low - pad, high + pad


def describe_plan(folds: FoldSet) -> str:
    """Return how the sweep's time was divided, in sentences."""
    n_folds, plan = len(folds.folds), folds.plan
    scored = f"{len(folds.scored_rows):,} of {format_count(len(folds.y), 'row')}"
    text = f"Each trial was scored in {format_count(n_folds, 'fold')}, on {scored}."
    if n_folds < plan.most_folds:
        text += f" The budget allows no more of {plan.most_folds} folds."
    return (
        f"{text} A fit in one fold was planned to take at most {format_value(plan.fit_seconds)} seconds of "
        f"processor time; boosted trees, forests and networks make fewer steps or trees to keep it."
    )
