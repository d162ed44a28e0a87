"""Score against time to predict: the trials that no other beats in both."""

from typing import NamedTuple

from components._report.page import format_value
from components.train.sweep_info import SweepInfo, TrialPoint

_MOST_NAMED = 5


class TradeoffInfo(NamedTuple):
    """Finished trials whose time to predict is known.

    Attributes
    ----------
    points : list of Point
        By number.
    front : list of Point
        Those that no other beats in both score and time, the fastest and so the worst of them first.
    """

    points: list[TrialPoint]
    pareto_front: list[TrialPoint]


def compute_tradeoff_info(info: SweepInfo) -> TradeoffInfo | None:
    """Return scores and times to predict; None if no time was measured."""
    points = [point for point in info.finished if point.predict_ms > 0]
    if not points:
        return None
    pareto_front: list[TrialPoint] = []
    # written is its own inverse: a larger result is better.
    written = info.scale.to_metric_value
    for point in sorted(points, key=lambda point: (point.predict_ms, -written(point.score), point.number)):
        if not pareto_front or written(point.score) > written(pareto_front[-1].score):
            pareto_front.append(point)
    return TradeoffInfo(points, pareto_front)


def describe_pareto_front(info: TradeoffInfo) -> str:
    """Return which trials no other beats in both."""
    if len(info.pareto_front) == 1:
        only = info.pareto_front[0]
        return f"Trial {only.number} ({_describe_point(only)}) is both the best and the fastest to predict."
    # The ends are the fastest and the best; of more than can be named, some between them.
    last = len(info.pareto_front) - 1
    chosen = sorted({round(i * last / (_MOST_NAMED - 1)) for i in range(_MOST_NAMED)})
    if len(info.pareto_front) <= _MOST_NAMED:
        chosen = list(range(len(info.pareto_front)))
    named = "; ".join(
        f"trial {info.pareto_front[i].number} ({_describe_point(info.pareto_front[i])})" for i in chosen
    )
    of_more = len(info.pareto_front) > _MOST_NAMED
    return (
        f"{len(info.pareto_front)} trials are beaten by no other in both score and time"
        f"{', among them' if of_more else ''}, from the fastest to the best: {named}."
    )


def _describe_point(point: TrialPoint) -> str:
    return f"{point.title}, {format_value(point.score)} in {format_value(point.predict_ms)} ms"
