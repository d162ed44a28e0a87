"""The figures of the sweep, each drawn from a record."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import plotly.graph_objects as go

from components._estimators import FAMILIES
from components._estimators.description import format_parameter_value
from components._report.theme import BLUE, GREY, PALETTE, style_figure
from components.tune.parameters import ImportanceInfo, ParallelInfo, TrialParameter
from components.tune.sweep_info import SweepInfo, TrialPoint
from components.tune.tradeoff import TradeoffInfo
from components.tune.trial_timeline import TrialBar, TrialTimelineInfo

Drawn = TypeVar("Drawn", TrialPoint, TrialBar)

_MANY_POINTS = 150
_INK = "#1F2937"
# From the worst to the best; the palest is still visible on the page.
_SCORES = ((0.0, "#D8DEE8"), (0.5, "#8CC3E8"), (1.0, BLUE))
_DECADES_FOR_LOG = 1
_TITLES = [family.title for family in FAMILIES.values()]
_MOST_ROWS = 40
# States of trials that ended before their last fold.
_EARLY = ("pruned", "cut off")


def draw_history(info: SweepInfo) -> go.Figure:
    """Return the trials in order, by family, with the best so far as a line."""
    drawing = go.Figure()
    drawing.add_scatter(
        x=[point.number for point in info.finished],
        y=info.best_so_far,
        mode="lines",
        name="best so far",
        line={"shape": "hv", "color": GREY, "width": 1.5},
        hovertemplate="best up to trial %{x}: %{y:.5g}<extra></extra>",
    )
    for state, points in (("pruned", info.pruned), ("cut off", info.cut_off)):
        for title, own in _group_by_title(points, lambda point: point.title):
            marker = {"size": 7, "color": _get_colour(title), "symbol": "x", "opacity": 0.35}
            _add_points(drawing, info, own, _get_number, f"{title}, {state}", marker, showlegend=False)
    _add_finished(drawing, info, info.finished, _get_number)
    drawing.update_xaxes(title="trial")
    drawing.update_yaxes(title=info.scale.title, range=[info.low, info.high])
    return _style_with_legend(drawing, 420)


def draw_tradeoff(info: SweepInfo, tradeoff: TradeoffInfo) -> go.Figure:
    """Return scores by the time to predict, with the Pareto front as a line."""
    times = [point.predict_ms for point in tradeoff.points]
    drawing = go.Figure()
    drawing.add_scatter(
        x=[*(point.predict_ms for point in tradeoff.pareto_front), max(times)],
        y=[*(point.score for point in tradeoff.pareto_front), tradeoff.pareto_front[-1].score],
        mode="lines",
        name="Pareto front",
        line={"shape": "hv", "color": _INK, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    _add_finished(drawing, info, tradeoff.points, lambda point: point.predict_ms)
    is_log = max(times) > 10**_DECADES_FOR_LOG * min(times)
    drawing.update_xaxes(title="time to predict a row, ms", **(_build_log_axis(times) if is_log else {}))
    drawing.update_yaxes(title=info.scale.title, range=[info.low, info.high])
    return _style_with_legend(drawing, 400)


def draw_importance(info: ImportanceInfo) -> go.Figure:
    """Return bars of the importance of each parameter of a family."""
    drawing = go.Figure(
        go.Bar(
            y=info.names,
            x=info.shares,
            orientation="h",
            marker_color=_get_colour(info.title),
            text=[f"{share:.0%}" for share in info.shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    drawing.update_xaxes(tickformat=".0%", range=[0, 1.12 * max(info.shares)], showgrid=False, visible=False)
    drawing.update_yaxes(autorange="reversed", type="category")
    title = f"{info.title}, {info.n_trials} trials"
    return style_figure(drawing, height=80 + 26 * len(info.names), title=title).update_layout(margin_b=16)


def draw_parallel(info: ParallelInfo, sweep: SweepInfo) -> go.Figure:
    """Return one line per trial through its parameters and its score."""
    low, high = max(sweep.low, min(info.scores)), min(sweep.high, max(info.scores))
    drawing = go.Figure(
        go.Parcoords(
            line={
                "color": info.scores,
                "colorscale": _SCORES,
                "reversescale": sweep.scale.is_error,
                "cmin": low,
                "cmax": high if high > low else low + 1,
            },
            dimensions=[
                *(_build_dimension(parameter) for parameter in info.parameters),
                {"label": sweep.scale.title, "values": info.scores},
            ],
            labelangle=-18,
            labelfont={"size": 12, "color": _INK},
            tickfont={"size": 10},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
        )
    )
    return style_figure(drawing, height=420).update_layout(margin={"l": 64, "r": 56, "t": 84, "b": 24})


def draw_timeline(info: TrialTimelineInfo) -> go.Figure:
    """Return a bar for each trial, in the row of the process that ran it."""
    drawing = go.Figure()
    for title, own in _group_by_title(info.bars, _name_bar):
        is_failed = own[0].state == "failed"
        drawing.add_bar(
            base=[bar.start for bar in own],
            x=[bar.seconds for bar in own],
            y=[bar.process for bar in own],
            orientation="h",
            name=title,
            marker={
                "color": GREY if is_failed else _get_colour(own[0].title),
                "opacity": [0.45 if bar.state in _EARLY else 1.0 for bar in own],
                "line": {"color": "#fff", "width": 1 if len(info.bars) < _MANY_POINTS else 0.5},
                "pattern": {"shape": "/" if is_failed else ""},
            },
            text=[_describe_bar(bar) for bar in own],
            textposition="none",
            hovertemplate="%{text}<br>%{base:.1f} s, for %{x:.2f} s<extra></extra>",
        )
    drawing.update_layout(barmode="overlay", bargap=0.25)
    drawing.update_xaxes(title="seconds since the first trial started", range=[0, info.seconds * 1.01 or 1])
    drawing.update_yaxes(
        autorange="reversed",
        showgrid=False,
        tickvals=list(range(len(info.processes))),
        ticktext=info.processes,
        zeroline=False,
    )
    return _style_with_legend(drawing, 130 + 30 * min(_MOST_ROWS, len(info.processes)))


def _add_finished(
    drawing: go.Figure, info: SweepInfo, points: list[TrialPoint], x: Callable[[TrialPoint], float]
) -> None:
    """Add points by family, and a ring around the best trial."""
    for title, own in _group_by_title(points, lambda point: point.title):
        size = 9 if len(points) < _MANY_POINTS else 6
        _add_points(drawing, info, own, x, title, {"size": size, "color": _get_colour(title)})
    best = [point for point in points if point.number == info.ranked[0].number]
    if best:
        ring = {"size": 16, "color": _INK, "symbol": "circle-open", "line": {"width": 2}}
        _add_points(drawing, info, best, x, "best trial", ring)


def _add_points(
    drawing: go.Figure,
    info: SweepInfo,
    points: list[TrialPoint],
    x: Callable[[TrialPoint], float],
    name: str,
    marker: dict[str, Any],
    **more: Any,
) -> None:
    """Add points; those outside the range are drawn at the edge, with their true score in the hover text."""
    drawing.add_scatter(
        x=[x(point) for point in points],
        y=[min(max(point.score, info.low), info.high) for point in points],
        mode="markers",
        name=name,
        marker=marker,
        text=[
            f"trial {point.number}: {point.score:.5g}, {point.predict_ms:.3g} ms a row<br>{point.details}"
            for point in points
        ],
        hovertemplate="%{text}",
        cliponaxis=False,
        **more,
    )


def _build_dimension(parameter: TrialParameter) -> dict[str, Any]:
    dimension: dict[str, Any] = {"label": parameter.name}
    if parameter.labels:
        positions = list(range(len(parameter.labels)))
        return dimension | {
            "values": parameter.values,
            "tickvals": positions,
            "ticktext": parameter.labels,
            "range": [-0.3, len(positions) - 0.7],
        }
    if not parameter.is_log:
        return dimension | {"values": parameter.values}
    values = np.log10(parameter.values)
    ticks = _compute_log_ticks(parameter.values)
    return dimension | {
        "values": values.tolist(),
        "tickvals": [float(np.log10(tick)) for tick in ticks],
        "ticktext": [format_parameter_value(tick) for tick in ticks],
    }


def _compute_log_ticks(values: Sequence[float], most: int = 8) -> list[float]:
    """Return powers of ten within the values, and if they are few also 2 and 5 times them."""
    low, high = min(values), max(values)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**decade for decade in decades for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= most:
            break
    return ticks


def _build_log_axis(values: Sequence[float]) -> dict[str, Any]:
    ticks = _compute_log_ticks(values)
    return {"type": "log", "tickvals": ticks, "ticktext": [format_parameter_value(tick) for tick in ticks]}


def _get_number(point: TrialPoint) -> float:
    return point.number


def _name_bar(bar: TrialBar) -> str:
    return "failed" if bar.state == "failed" else bar.title


def _describe_bar(bar: TrialBar) -> str:
    outcome = f"{bar.score:.5g}" if bar.score is not None else "failed"
    return f"trial {bar.number}, {bar.title}: {outcome}{f', {bar.state}' if bar.state in _EARLY else ''}"


def _group_by_title(items: Iterable[Drawn], title: Callable[[Drawn], str]) -> list[tuple[str, list[Drawn]]]:
    groups: dict[str, list[Drawn]] = {}
    for item in items:
        groups.setdefault(title(item), []).append(item)
    # In the order of the families, so that all figures list them alike.
    order = [*_TITLES, *(name for name in groups if name not in _TITLES)]
    return sorted(groups.items(), key=lambda pair: order.index(pair[0]))


def _get_colour(title: str) -> str:
    return PALETTE[_TITLES.index(title) % len(PALETTE)] if title in _TITLES else GREY


def _style_with_legend(drawing: go.Figure, height: int) -> go.Figure:
    """Style a figure, with a legend that does not cover the points."""
    return style_figure(drawing, height=height).update_layout(
        margin_t=56, showlegend=True, legend={"x": 0, "xanchor": "left"}
    )
