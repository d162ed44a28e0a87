"""Figures of one column: histogram, box plot, Q-Q plot; categories; dates over time.

Each figure is made in two steps, its info first. An info holds summaries and a few sampled points, never all
rows.
"""

from datetime import datetime
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components._report.theme import BLUE, GREY, ORANGE, PALETTE, shorten_label, style_figure
from components._table.seconds import to_seconds
from components.eda.counters import CategoryCounter, HistogramCounter
from components.eda.summaries import NumericSummary
from components.eda.target import Target

_HEIGHT = 250
NULL, OTHER = "(null)", "(other)"


class HistogramInfo(NamedTuple):
    """Rows per bin, for each class or for all rows together.

    ``edges`` are the n_bins + 1 bounds; ``counts`` has shape (n_series, n_bins); ``names`` are the classes
    or one empty string; ``n_beyond`` counts the rows outside the bins.
    """

    edges: np.ndarray
    counts: np.ndarray
    names: list[str]
    n_beyond: int


def compute_histogram_info(counter: HistogramCounter, target: Target) -> HistogramInfo:
    """Return the histogram of counted numbers, by class if there are few classes."""
    names = list(target.labels) if target.has_coloured_classes else [""]
    n_beyond = counter.n_known - int(counter.counts.sum())
    return HistogramInfo(counter.edges, counter.counts, names, n_beyond)


def draw_histogram(info: HistogramInfo) -> go.Figure:
    """Draw a histogram; classes overlap, each as shares of its own rows."""
    has_classes = len(info.names) > 1
    totals = np.maximum(info.counts.sum(axis=1, keepdims=True), 1)
    heights = np.round(info.counts / totals, 4) if has_classes else info.counts
    figure = go.Figure()
    for name, height in zip(info.names, heights, strict=True):
        bar = go.Bar(
            x0=float(info.edges[:2].mean()),
            dx=float(info.edges[1] - info.edges[0]),
            y=height.tolist(),
            name=shorten_label(name, 16),
            opacity=0.55 if has_classes else 0.9,
            hovertemplate="%{x:.4g}: %{y:.1%}" if has_classes else "%{x:.4g}: %{y:,} rows<extra></extra>",
        )
        figure.add_trace(bar)
    beyond = f"{info.n_beyond:,} outside the axis" if info.n_beyond else ""
    figure.update_layout(barmode="overlay", bargap=0, showlegend=has_classes, xaxis_title=beyond)
    style_figure(figure, height=_HEIGHT, title="" if has_classes else "Histogram")
    if has_classes:
        # The legend replaces the title, and the margin aligns the plots of a row.
        figure.update_layout(legend={"x": 0, "xanchor": "left"}, margin_t=40)
        figure.update_yaxes(tickformat=".0%", title="share of the class")
    else:
        figure.update_yaxes(title="rows")
    return figure


class BoxInfo(NamedTuple):
    """The five numbers of a box plot and a sample of the values beyond its whiskers.

    ``low`` and ``high`` are the outermost values within the IQR fences.
    """

    low: float
    q1: float
    median: float
    q3: float
    high: float
    outliers: list[float]
    n_outliers: int


def compute_box_info(summary: NumericSummary) -> BoxInfo:
    """Return the box of a column."""
    return BoxInfo(
        summary.low,
        summary.q1,
        summary.median,
        summary.q3,
        summary.high,
        list(summary.outliers),
        summary.n_outside,
    )


def draw_box(info: BoxInfo) -> go.Figure:
    """Draw a box whose whiskers end at the outermost values within 1.5 interquartile ranges."""
    box = go.Box(
        q1=[info.q1],
        median=[info.median],
        q3=[info.q3],
        lowerfence=[info.low],
        upperfence=[info.high],
        y=[0],
        orientation="h",
        width=0.5,
        line={"color": BLUE, "width": 1.5},
        hoverinfo="x",
    )
    points = go.Scatter(
        x=[float(f"{value:.5g}") for value in info.outliers],
        y=[0] * len(info.outliers),
        mode="markers",
        marker={"color": ORANGE, "size": 5, "opacity": 0.6},
        hovertemplate="%{x:,}<extra></extra>",
    )
    figure = go.Figure([box, points])
    drawn = f", {len(info.outliers)} drawn" if len(info.outliers) < info.n_outliers else ""
    title = (
        f"{info.n_outliers:,} beyond the IQR fences{drawn}"
        if info.n_outliers
        else "none beyond the IQR fences"
    )
    figure.update_layout(showlegend=False, xaxis_title=title)
    style_figure(figure, height=_HEIGHT, title="Box plot")
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure


class QQInfo(NamedTuple):
    """Quantiles of a column and of the standard normal distribution, both of shape (n_points,).

    The line through the quartiles has ``slope`` and ``intercept``.
    """

    normal: np.ndarray
    values: np.ndarray
    slope: float
    intercept: float


def compute_qq_info(summary: NumericSummary) -> QQInfo:
    """Return a Q-Q plot's points (Wilk and Gnanadesikan, Biometrika 55(1), 1968)."""
    normal = _compute_normal_quantiles(len(summary.points))
    slope = (summary.q3 - summary.q1) / (2 * NormalDist().inv_cdf(0.75))
    return QQInfo(normal, np.array(summary.points), slope, (summary.q3 + summary.q1) / 2)


@cache
def _compute_normal_quantiles(n_points: int) -> np.ndarray:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / n_points) for i in range(n_points)])


def draw_qq(info: QQInfo) -> go.Figure:
    """Draw quantiles against normal ones; normally distributed values lie on the line."""
    ends = info.normal[[0, -1]]
    line = go.Scatter(
        x=np.round(ends, 3).tolist(),
        y=(info.intercept + info.slope * ends).tolist(),
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    points = go.Scatter(
        x=np.round(info.normal, 3).tolist(),
        y=[float(f"{value:.5g}") for value in info.values],
        mode="markers",
        marker={"color": BLUE, "size": 5},
        hovertemplate="%{y:.4g} at %{x:.2f} σ<extra></extra>",
    )
    figure = go.Figure([line, points])
    figure.update_layout(showlegend=False, xaxis_title="normal quantile (σ)")
    return style_figure(figure, height=_HEIGHT, title="Q-Q plot")


class NumberInfo(NamedTuple):
    """What the three figures of a numeric column show."""

    histogram: HistogramInfo
    box: BoxInfo
    qq: QQInfo


class CategoryInfo(NamedTuple):
    """The most frequent categories, then the others and nulls, if any.

    ``shares`` are the shares of the classes in each category, of shape (n_drawn, n_classes) if the target has
    few classes, else without columns. ``means`` are the target's means by category in regression, else empty.
    """

    names: list[str]
    counts: list[int]
    shares: np.ndarray
    means: list[float]


def compute_category_info(counter: CategoryCounter, target: Target) -> CategoryInfo:
    """Return the counted categories of a string or boolean column, with the target in each."""
    names = [*map(str, counter.categories), OTHER, NULL]
    drawn = np.flatnonzero(counter.counts)
    counts = counter.counts[drawn]
    shares = counter.cells[drawn] / counts[:, None]
    means = [] if target.labels else (counter.sums[drawn] / counts).tolist()
    return CategoryInfo([names[i] for i in drawn], counts.tolist(), shares, means)


def draw_categories(info: CategoryInfo, target: Target) -> go.Figure:
    """Draw counts on the left and the target in each category on the right."""
    places = list(range(len(info.names)))
    rows = go.Bar(
        x=info.counts,
        y=places,
        orientation="h",
        marker_color=[GREY if name in (OTHER, NULL) else BLUE for name in info.names],
        hovertemplate="%{x:,} rows<extra></extra>",
    )
    figure = go.Figure(rows)
    right = _build_target_traces(info, target, places)
    figure.add_traces(right)
    style_figure(figure, height=max(150, 84 + 22 * len(places)))
    is_split = len(right) > 0
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        showlegend=len(right) > 1,
        legend={"traceorder": "normal"},
        xaxis={"domain": [0, 0.52] if is_split else [0, 1], "title": "rows"},
    )
    figure.data[0].showlegend = False
    if is_split:
        has_means = bool(info.means)
        title = f"mean of {shorten_label(target.name, 16)}" if has_means else _name_share_axis(target)
        axis = {} if has_means else {"tickformat": ".1~%", "rangemode": "tozero"}
        figure.update_layout(
            xaxis2={**figure.layout.xaxis.to_plotly_json(), "domain": [0.58, 1], "title": title, **axis}
        )
    names = [shorten_label(name, 22) for name in info.names]
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[len(places) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    return figure


def _name_share_axis(target: Target) -> str:
    return f"share of {shorten_label(target.labels[-1], 16)}" if target.is_binary else "share of each class"


def _build_target_traces(info: CategoryInfo, target: Target, places: list[int]) -> list[go.Scatter | go.Bar]:
    if target.has_coloured_classes and not target.is_binary:
        return [
            go.Bar(
                x=np.round(info.shares[:, code], 4).tolist(),
                y=places,
                orientation="h",
                xaxis="x2",
                name=shorten_label(name, 16),
                marker_color=PALETTE[code],
                hovertemplate="%{x:.1%}",
            )
            for code, name in enumerate(target.labels)
        ]
    points = info.means or (info.shares[:, -1].tolist() if target.is_binary else [])
    if not points:
        return []
    return [
        go.Scatter(
            x=[float(f"{value:.5g}") for value in points],
            y=places,
            xaxis="x2",
            mode="markers",
            marker={"color": ORANGE, "size": 9},
            hovertemplate="%{x:.4g}<extra></extra>" if info.means else "%{x:.1%}<extra></extra>",
        )
    ]


class RowTimelineInfo(NamedTuple):
    """Rows per time bin: ``starts`` (ISO 8601, n_bins), ``counts`` (n_bins) and a bin's width, ``days``."""

    starts: list[str]
    counts: list[int]
    days: float


def compute_time_edges(earliest: datetime, latest: datetime) -> np.ndarray:
    """Return the bounds of the time bins, shape (n_bins + 1,), in seconds since 1970."""
    low, high = to_seconds(pd.Series([earliest, latest], dtype="datetime64[us]"))
    # Bounds in whole seconds, so that fractions do not move rows of one day to another bin.
    return np.unique(np.round(np.linspace(low, high + 1, 41)))


def compute_timeline_info(counter: HistogramCounter) -> RowTimelineInfo:
    """Return the counted rows over time."""
    starts = counter.edges[:-1].astype("datetime64[s]").astype(str).tolist()
    days = float(counter.edges[1] - counter.edges[0]) / 86_400
    return RowTimelineInfo(starts, counter.counts[0].tolist(), days)


def draw_timeline(info: RowTimelineInfo) -> go.Figure:
    """Draw the rows over time."""
    width = info.days * 86_400_000
    figure = go.Figure(
        go.Bar(
            x=info.starts,
            y=info.counts,
            width=width,
            offset=0,
            hovertemplate="%{x}: %{y:,} rows<extra></extra>",
        )
    )
    figure.update_layout(bargap=0, yaxis_title="rows")
    return style_figure(figure, height=_HEIGHT, title="Rows over time")
