"""Score and time to predict of the trials, and their Pareto front."""

from typing import NamedTuple

from components._report.page import format_value
from components.tune.sweep_info import SweepInfo, TrialPoint

_MOST_NAMED = 5


class TradeoffInfo(NamedTuple):
    """Finished trials whose time to predict is known.

    Attributes
    ----------
    points : list of TrialPoint
        By number.
    pareto_front : list of TrialPoint
        The trials without another that is better in both score and time, the fastest first.
    """

    points: list[TrialPoint]
    pareto_front: list[TrialPoint]


def compute_tradeoff_info(info: SweepInfo) -> TradeoffInfo | None:
    """Return scores and times to predict; None if no time was measured."""
    points = [point for point in info.finished if point.predict_ms > 0]
    if not points:
        return None
    pareto_front: list[TrialPoint] = []
    # The function is its own inverse: applied to a metric it returns a score, of which larger is better.
    to_score = info.scale.to_metric_value
    for point in sorted(points, key=lambda point: (point.predict_ms, -to_score(point.score), point.number)):
        if not pareto_front or to_score(point.score) > to_score(pareto_front[-1].score):
            pareto_front.append(point)
    return TradeoffInfo(points, pareto_front)


def describe_pareto_front(info: TradeoffInfo) -> str:
    """Return the trials of the Pareto front in a sentence."""
    if len(info.pareto_front) == 1:
        only = info.pareto_front[0]
        return f"Trial {only.number} ({_describe_point(only)}) is both the best and the fastest to predict."
    # The fastest and the best are the ends; if there are too many to name, some between them are named.
    last = len(info.pareto_front) - 1
    n_named = min(_MOST_NAMED, len(info.pareto_front))
    points = [info.pareto_front[round(i * last / (n_named - 1))] for i in range(n_named)]
    named = "; ".join(f"trial {point.number} ({_describe_point(point)})" for point in points)
    intro = "Some of them" if n_named <= last else "They are"
    return (
        f"{len(info.pareto_front)} trials are on the Pareto front: no other trial is better in both score "
        f"and time. {intro}, from the fastest to the best: {named}."
    )


def _describe_point(point: TrialPoint) -> str:
    return f"{point.title}, {format_value(point.score)} in {format_value(point.predict_ms)} ms"
