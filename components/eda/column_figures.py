"""Figures of one column's distribution: histogram, box plot, Q-Q plot.

Each figure is made in two steps, its info first. An info holds summaries and a few sampled points, never all
rows.
"""

from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from components._report.charts import Axis, Bars, Box, Chart, Line, Points
from components._report.colours import BLUE, GREY
from components.eda.counters import HistogramCounter
from components.eda.summaries import NumericSummary
from components.eda.target import Target, choose_colours


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
    """Return the histogram of counted numbers, by drawn class if there are classes."""
    names = list(target.drawn_classes) or [""]
    n_beyond = counter.n_known - int(counter.counts.sum())
    return HistogramInfo(counter.edges, counter.counts, names, n_beyond)


def draw_histogram(info: HistogramInfo) -> Chart:
    """Draw a histogram; classes overlap, each as shares of its own rows."""
    has_classes = len(info.names) > 1
    totals = np.maximum(info.counts.sum(axis=1, keepdims=True), 1)
    heights = info.counts / totals if has_classes else info.counts
    low, high = info.edges[[0, -1]].tolist()
    bars = [
        Bars(
            places=((info.edges[:-1] + info.edges[1:]) / 2).tolist(),
            ends=height.tolist(),
            width=float(info.edges[1] - info.edges[0]),
            colours=colour,
            name=name,
            opacity=0.55 if has_classes else 0.9,
        )
        for name, colour, height in zip(info.names, choose_colours(info.names), heights, strict=True)
    ]
    return Chart(
        title="Histogram",
        x=Axis(title=f"{info.n_beyond:,} outside the axis" if info.n_beyond else "", low=low, high=high),
        y=Axis("share of the class", "share", low=0) if has_classes else Axis("rows", low=0),
        marks=bars,
    )


def merge_classes(info: HistogramInfo) -> HistogramInfo:
    """Return the histogram of all rows together."""
    return info._replace(counts=info.counts.sum(axis=0, keepdims=True), names=[""])


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


def draw_box(info: BoxInfo) -> Chart:
    """Draw a box whose whiskers end at the outermost values within 1.5 interquartile ranges."""
    drawn = f", {len(info.outliers)} drawn" if len(info.outliers) < info.n_outliers else ""
    title = (
        f"{info.n_outliers:,} beyond the IQR fences{drawn}"
        if info.n_outliers
        else "none beyond the IQR fences"
    )
    box = Box(0, info.low, info.q1, info.median, info.q3, info.high, info.outliers, BLUE)
    return Chart(title="Box plot", x=Axis(title), y=Axis(low=-1, high=1, is_shown=False), marks=[box])


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


def draw_qq(info: QQInfo) -> Chart:
    """Draw quantiles against normal ones; normally distributed values lie on the line."""
    ends = info.normal[[0, -1]]
    line = Line(ends.tolist(), (info.intercept + info.slope * ends).tolist(), colour=GREY, is_dotted=True)
    points = Points(info.normal.tolist(), info.values.tolist(), colours=BLUE, size=3)
    return Chart(title="Q-Q plot", x=Axis("normal quantile (σ)"), y=Axis(), marks=[line, points])
