"""The figures of the sweep, each drawn from a record."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from components._estimators import FAMILIES
from components._report.charts import Axis, Bars, Chart, Line, Points
from components._report.colours import BLUE, GREY, INK, PALETTE
from components._report.page import format_share, format_value
from components._report.scales import Kind
from components.tune.parameters import ImportanceInfo, ParameterInfo, TrialParameter
from components.tune.sweep_info import SweepInfo, TrialPoint
from components.tune.tradeoff import TradeoffInfo
from components.tune.trial_timeline import TrialBar, TrialTimelineInfo

Drawn = TypeVar("Drawn", TrialPoint, TrialBar)

_MANY_POINTS = 150
_DECADES_FOR_LOG = 1
_TITLES = [family.title for family in FAMILIES.values()]
_MOST_ROWS = 40
# States of trials that ended before their last fold.
_EARLY = ("pruned", "cut off")


def draw_history(info: SweepInfo) -> Chart:
    """Return the trials in order, by family, with the best so far as a line."""
    best_so_far = Line(
        [point.number for point in info.finished],
        info.best_so_far,
        GREY,
        is_stepped=True,
        width=1.5,
        name="best so far",
    )
    early = [
        Points(
            [point.number for point in own],
            [point.score for point in own],
            colours=_get_colour(title),
            tips=[_describe_point(point) for point in own],
            symbol="cross",
            opacity=0.5,
        )
        for title, own in _group_by_title([*info.pruned, *info.cut_off], lambda point: point.title)
    ]
    return Chart(
        "",
        Axis("trial"),
        Axis(info.scale.title, low=info.low, high=info.high),
        [best_so_far, *early, *_draw_finished(info, info.finished, lambda point: point.number)],
        height=320,
        description=f"{info.scale.title} of each trial by its number, with the best so far.",
    )


def draw_tradeoff(info: SweepInfo, tradeoff: TradeoffInfo) -> Chart:
    """Return scores by the time to predict, with the Pareto front as a line."""
    times = [point.predict_ms for point in tradeoff.points]
    front = tradeoff.pareto_front
    pareto_front = Line(
        [*(point.predict_ms for point in front), max(times)],
        [*(point.score for point in front), front[-1].score],
        INK,
        is_dotted=True,
        is_stepped=True,
        width=1.5,
        name="Pareto front",
    )
    is_log = max(times) > 10**_DECADES_FOR_LOG * min(times)
    return Chart(
        "",
        Axis("time to predict a row, ms", "log" if is_log else "number"),
        Axis(info.scale.title, low=info.low, high=info.high),
        [pareto_front, *_draw_finished(info, tradeoff.points, lambda point: point.predict_ms)],
        height=300,
        description=f"{info.scale.title} of each trial by its time to predict a row, with the Pareto front.",
    )


def draw_importance(info: ImportanceInfo) -> Chart:
    """Return bars of the importance of each parameter of a family."""
    shares = [format_share(share, 0) for share in info.shares]
    return Chart(
        f"{info.title}, {info.n_trials} trials",
        Axis(kind="share", is_shown=False),
        Axis(kind="category", labels=info.names),
        [
            Bars(
                range(len(info.names)),
                info.shares,
                colours=_get_colour(info.title),
                labels=shares,
                is_horizontal=True,
            )
        ],
        height=26 * len(info.names),
        description="; ".join(f"{name}: {share}" for name, share in zip(info.names, shares, strict=True)),
    )


def draw_parameters(info: ParameterInfo, sweep: SweepInfo) -> list[Chart]:
    """Return the scores of a family's trials by each of its parameters."""
    return [_draw_parameter(parameter, info, sweep) for parameter in info.parameters]


def draw_timeline(info: TrialTimelineInfo) -> Chart:
    """Return a bar for each trial, in the row of the process that ran it."""
    marks = [
        Bars(
            [bar.process for bar in own],
            [bar.start + bar.seconds for bar in own],
            starts=[bar.start for bar in own],
            width=0.7,
            colours=GREY if own[0].state == "failed" else _get_colour(own[0].title),
            name="" if is_early else title,
            tips=[_describe_bar(bar) for bar in own],
            is_horizontal=True,
            opacity=0.45 if is_early else 1.0,
        )
        for is_early in (False, True)
        for title, own in _group_by_title(
            (bar for bar in info.bars if (bar.state in _EARLY) is is_early), _name_bar
        )
    ]
    return Chart(
        "",
        Axis("seconds since the first trial started", low=0, high=info.seconds * 1.01 or 1),
        Axis(kind="category", labels=info.processes),
        marks,
        height=30 + 30 * min(_MOST_ROWS, len(info.processes)),
        description="When each trial ran, by process.",
    )


def _draw_parameter(parameter: TrialParameter, info: ParameterInfo, sweep: SweepInfo) -> Chart:
    kind: Kind = "category" if parameter.labels else "log" if parameter.is_log else "number"
    scores = [min(max(score, sweep.low), sweep.high) for score in info.scores]
    return Chart(
        parameter.name,
        Axis(kind=kind, labels=parameter.labels),
        Axis(sweep.scale.title),
        [
            Points(parameter.values[-1:], scores[-1:], colours=INK, size=6),
            Points(
                parameter.values,
                scores,
                colours=BLUE,
                size=4 if len(scores) < _MANY_POINTS else 3,
                tips=[
                    f"trial {number}: {format_value(score)}"
                    for number, score in zip(info.numbers, info.scores, strict=True)
                ],
            ),
        ],
        height=180,
        description=f"{sweep.scale.title} of each trial by its {parameter.name}.",
    )


def _draw_finished(
    info: SweepInfo, points: list[TrialPoint], x: Callable[[TrialPoint], float]
) -> list[Points]:
    """Return points by family, over a larger one that is a ring around the best trial."""
    size = 4.5 if len(points) < _MANY_POINTS else 3
    best = [point for point in points if point.number == info.ranked[0].number]
    ring = Points(
        [x(point) for point in best],
        [point.score for point in best],
        colours=INK,
        size=size + 2.5,
        name="best trial",
    )
    families = [
        Points(
            [x(point) for point in own],
            [point.score for point in own],
            colours=_get_colour(title),
            size=size,
            name=title,
            tips=[_describe_point(point) for point in own],
        )
        for title, own in _group_by_title(points, lambda point: point.title)
    ]
    return [*([ring] if best else []), *families]


def _describe_point(point: TrialPoint) -> str:
    return (
        f"trial {point.number}: {format_value(point.score)}, {format_value(point.predict_ms)} ms a row\n"
        f"{point.details}"
    )


def _name_bar(bar: TrialBar) -> str:
    return "failed" if bar.state == "failed" else bar.title


def _describe_bar(bar: TrialBar) -> str:
    outcome = format_value(bar.score) if bar.score is not None else "failed"
    return (
        f"trial {bar.number}, {bar.title}: {outcome}{f', {bar.state}' if bar.state in _EARLY else ''}\n"
        f"at {bar.start:.1f} s, for {bar.seconds:.2f} s"
    )


def _group_by_title(items: Iterable[Drawn], title: Callable[[Drawn], str]) -> list[tuple[str, list[Drawn]]]:
    groups: dict[str, list[Drawn]] = {}
    for item in items:
        groups.setdefault(title(item), []).append(item)
    # In the order of the families, so that all figures list them alike.
    order = [*_TITLES, *(name for name in groups if name not in _TITLES)]
    return sorted(groups.items(), key=lambda pair: order.index(pair[0]))


def _get_colour(title: str) -> str:
    return PALETTE[_TITLES.index(title) % len(PALETTE)] if title in _TITLES else GREY
