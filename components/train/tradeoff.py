"""Score against time to predict: the trials that no other beats in both."""

from typing import NamedTuple

from components._report.page import shown
from components.train.sweep_info import Point, SweepInfo

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

    points: list[Point]
    front: list[Point]


def tradeoff_info(info: SweepInfo) -> TradeoffInfo | None:
    """Return scores and times to predict; None if no time was measured."""
    points = [point for point in info.finished if point.predict_ms > 0]
    if not points:
        return None
    front: list[Point] = []
    # written is its own inverse: a larger result is better.
    written = info.scale.written
    for point in sorted(points, key=lambda point: (point.predict_ms, -written(point.score), point.number)):
        if not front or written(point.score) > written(front[-1].score):
            front.append(point)
    return TradeoffInfo(points, front)


def front_in_words(info: TradeoffInfo) -> str:
    """Return which trials no other beats in both."""
    if len(info.front) == 1:
        only = info.front[0]
        return f"Trial {only.number} ({_described(only)}) is both the best and the fastest to predict."
    # The ends are the fastest and the best; of more than can be named, some between them.
    last = len(info.front) - 1
    chosen = sorted({round(i * last / (_MOST_NAMED - 1)) for i in range(_MOST_NAMED)})
    if len(info.front) <= _MOST_NAMED:
        chosen = list(range(len(info.front)))
    named = "; ".join(f"trial {info.front[i].number} ({_described(info.front[i])})" for i in chosen)
    of_more = len(info.front) > _MOST_NAMED
    return (
        f"{len(info.front)} trials are beaten by no other in both score and time"
        f"{', among them' if of_more else ''}, from the fastest to the best: {named}."
    )


def _described(point: Point) -> str:
    return f"{point.title}, {shown(point.score)} in {shown(point.predict_ms)} ms"
