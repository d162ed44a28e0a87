"""Figures of one column's groups of rows, which are categories, bins or times: how many, and their target.

Each figure is made in two steps, its info first, as in ``column_figures``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._report.charts import Axis, Band, Bars, Chart, Line, Mark, Points, Rule
from components._report.colours import BLUE, GREY, ORANGE
from components._report.formats import format_share, format_value, mark_year
from components._table.seconds import to_seconds
from components.eda.column_figures import BoxInfo, HistogramInfo, QQInfo
from components.eda.counters import BinCounter, CategoryCounter
from components.eda.group_targets import GroupTargets, TargetCounter, compute_group_targets
from components.eda.target import Target, choose_colours

NULL, OTHER = "(null)", "(other)"
# The target in a group of fewer rows is too uncertain to be drawn.
LEAST_ROWS = 5
# Intervals of fewer rows do not stretch the axis; they end at it.
_LEAST_STRETCHING = 30
_ROW_HEIGHT = 22
# Free at the ends of the target's axis, in shares of its range.
_ROOM = 0.04
# Where null is, in shares of the axis to the right of its end.
_NULL_PLACE = 0.08


class BinTargetInfo(NamedTuple):
    """The target by bins of numbers or dates: ``lows``, ``centres`` and ``highs`` of the bins on the axis.

    ``groups`` are the bins, and null at the last place.
    """

    lows: np.ndarray
    centres: np.ndarray
    highs: np.ndarray
    groups: GroupTargets


def compute_bin_target_info(counter: BinCounter, target: Target) -> BinTargetInfo:
    """Return the target in counted bins."""
    bins = counter.bins
    return BinTargetInfo(bins.lows, bins.centres, bins.highs, compute_group_targets(counter.found, target))


class NumberInfo(NamedTuple):
    """What the figures of a numeric column with many values show."""

    histogram: HistogramInfo
    targets: BinTargetInfo
    box: BoxInfo
    qq: QQInfo

    @property
    def groups(self) -> GroupTargets:
        """The target by bin."""
        return self.targets.groups


class CategoryInfo(NamedTuple):
    """Categories with the target in each: the most frequent, then the others and nulls, if any."""

    names: list[str]
    groups: GroupTargets


def compute_category_info(counter: CategoryCounter, target: Target) -> CategoryInfo:
    """Return the counted categories of a string or boolean column, with the target in each."""
    return _drop_empty([*map(str, counter.categories), OTHER, NULL], counter.found, target)


class DiscreteInfo(NamedTuple):
    """What the figures of a numeric column with few values show: each value, its box and Q-Q plot."""

    values: CategoryInfo
    box: BoxInfo
    qq: QQInfo

    @property
    def groups(self) -> GroupTargets:
        """The target by value."""
        return self.values.groups


def compute_value_info(counter: BinCounter, target: Target, column: str) -> CategoryInfo:
    """Return the counted values of a numeric column, in ascending order."""
    values = [format_value(mark_year(value, column)) for value in counter.bins.centres.tolist()]
    return _drop_empty([*values, NULL], counter.found, target)


def draw_categories(info: CategoryInfo) -> Chart:
    """Draw the rows of each category."""
    counts = info.groups.counts.tolist()
    bars = Bars(
        places=range(len(counts)),
        ends=counts,
        colours=[GREY if name in (OTHER, NULL) else BLUE for name in info.names],
        is_horizontal=True,
        labels=[f"{n:,}" for n in counts],
    )
    return Chart(
        title="Rows",
        x=Axis("rows", low=0, high=1.25 * max(counts)),
        y=Axis(kind="category", labels=info.names),
        marks=[bars],
        height=_compute_height(len(counts)),
    )


def draw_category_targets(info: CategoryInfo, target: Target, limits: tuple[float, float]) -> Chart:
    """Draw the target in each category, with that of all rows as a line, on an axis between two limits."""
    drawn = _find_drawn(info.groups)
    groups = info.groups.select(drawn)
    if target.is_multiclass:
        marks: Sequence[Mark] = _stack_shares(groups, target, drawn.tolist(), 0.8, is_horizontal=True)
    else:
        tips = _describe_groups([info.names[place] for place in drawn.tolist()], groups, target)
        points = Points(
            groups.values.tolist(),
            drawn.tolist(),
            x_lows=groups.lows.tolist(),
            x_highs=groups.highs.tolist(),
            colours=ORANGE,
            tips=tips,
        )
        marks = [Rule(x=groups.overall), points]
    return Chart(
        title=name_targets(target),
        x=_build_target_axis(target, limits),
        y=Axis(kind="category", labels=info.names),
        marks=marks,
        height=_compute_height(len(info.names)),
    )


def draw_number_targets(info: NumberInfo, target: Target, limits: tuple[float, float]) -> Chart:
    """Draw the target by the bins of a numeric column over the axis of its histogram, null on the right."""
    low, high = info.histogram.edges[[0, -1]].tolist()
    reach = high - low
    places = np.append(np.clip(info.targets.centres, low, high), high + _NULL_PLACE * reach)
    lows = np.append(np.clip(info.targets.lows, low, high), places[-1])
    highs = np.append(np.clip(info.targets.highs, low, high), places[-1])
    drawn = _find_drawn(info.groups)
    groups = info.groups.select(drawn)
    if target.is_multiclass:
        widths = np.append((highs - lows)[:-1], _NULL_PLACE / 2 * reach)
        middles = (lows + highs) / 2
        marks: Sequence[Mark] = _stack_shares(
            groups, target, middles[drawn].tolist(), widths[drawn].tolist(), is_horizontal=False
        )
    else:
        names = [
            *(
                f"{format_value(low)} to {format_value(high)}"
                for low, high in zip(info.targets.lows.tolist(), info.targets.highs.tolist(), strict=True)
            ),
            NULL,
        ]
        points = Points(
            places[drawn].tolist(),
            groups.values.tolist(),
            x_lows=lows[drawn].tolist(),
            x_highs=highs[drawn].tolist(),
            y_lows=groups.lows.tolist(),
            y_highs=groups.highs.tolist(),
            colours=ORANGE,
            tips=_describe_groups([names[place] for place in drawn.tolist()], groups, target),
        )
        marks = [Rule(y=groups.overall), points]
    has_nulls = len(places) - 1 in drawn
    return Chart(
        title=name_targets(target),
        x=Axis(
            "null on the right" if has_nulls else "", low=low, high=high + 2 * _NULL_PLACE * reach * has_nulls
        ),
        y=_build_target_axis(target, limits),
        marks=marks,
    )


def compute_time_edges(earliest: datetime, latest: datetime) -> np.ndarray:
    """Return the bounds of the time bins, shape (n_bins + 1,), in seconds since 1970."""
    low, high = to_seconds(pd.Series([earliest, latest], dtype="datetime64[us]"))
    # Bounds in whole seconds, so that fractions do not move rows of one day to another bin.
    return np.unique(np.round(np.linspace(low, high + 1, 41)))


def draw_timeline(info: BinTargetInfo) -> Chart:
    """Draw the rows over time."""
    bars = Bars(
        info.centres.tolist(),
        info.groups.counts[:-1].tolist(),
        width=(info.highs - info.lows).tolist(),
        colours=BLUE,
    )
    return Chart(title="Rows over time", x=Axis(kind="time"), y=Axis("rows", low=0), marks=[bars])


def draw_time_targets(info: BinTargetInfo, target: Target, limits: tuple[float, float]) -> Chart:
    """Draw the target over time, with the interval of each time."""
    drawn = _find_drawn(info.groups)
    drawn = drawn[drawn < len(info.centres)]
    groups, times = info.groups.select(drawn), info.centres[drawn].tolist()
    if target.is_multiclass:
        widths = (info.highs - info.lows)[drawn].tolist()
        marks: Sequence[Mark] = _stack_shares(groups, target, times, widths, is_horizontal=False)
    else:
        marks = [
            Band(times, groups.lows.tolist(), groups.highs.tolist(), colour=ORANGE),
            Line(times, groups.values.tolist(), colour=ORANGE),
            Rule(y=groups.overall),
        ]
    return Chart(
        title=f"{name_targets(target)} over time",
        x=Axis(kind="time"),
        y=_build_target_axis(target, limits),
        marks=marks,
    )


def drop_tips(chart: Chart) -> Chart:
    """Return a figure of this module without its texts under the pointer, which are a third of its size."""
    marks = [replace(mark, tips=()) if isinstance(mark, Points) else mark for mark in chart.marks]
    return replace(chart, marks=marks)


def compute_target_limits(found: Iterable[GroupTargets], target: Target) -> tuple[float, float]:
    """Return the limits of an axis of the target that all columns share, so that they can be compared."""
    if target.is_multiclass:
        return 0.0, 1.0
    parts: list[np.ndarray] = []
    for groups in found:
        wide = groups.counts >= _LEAST_STRETCHING
        parts += [groups.values[_find_drawn(groups)], groups.lows[wide], groups.highs[wide]]
    values = np.concatenate([*parts, [0.0 if target.is_binary else target.centre]])
    low, high = float(values.min()), float(values.max())
    room = _ROOM * (high - low)
    return (0.0 if target.is_binary else low - room), high + room


def _drop_empty(names: Sequence[str], counter: TargetCounter, target: Target) -> CategoryInfo:
    drawn = np.flatnonzero(counter.counts)
    return CategoryInfo(
        [names[i] for i in drawn.tolist()], compute_group_targets(counter, target).select(drawn)
    )


def _find_drawn(groups: GroupTargets) -> np.ndarray:
    return np.flatnonzero(groups.counts >= LEAST_ROWS)


def _stack_shares(
    groups: GroupTargets,
    target: Target,
    places: Sequence[float],
    width: float | Sequence[float],
    *,
    is_horizontal: bool,
) -> list[Bars]:
    ends = groups.shares.cumsum(axis=1)
    return [
        Bars(
            places,
            ends[:, code].tolist(),
            starts=(ends[:, code] - groups.shares[:, code]).tolist(),
            width=width,
            colours=colour,
            name=name,
            is_horizontal=is_horizontal,
        )
        for code, (name, colour) in enumerate(
            zip(target.drawn_classes, choose_colours(target.drawn_classes), strict=True)
        )
    ]


def _describe_groups(names: Sequence[str], groups: GroupTargets, target: Target) -> list[str]:
    form = format_share if target.is_binary else format_value
    return [
        f"{name}: {form(value)} ({form(low)} to {form(high)}), {n:,} rows"
        for name, n, value, low, high in zip(
            names,
            groups.counts.tolist(),
            groups.values.tolist(),
            groups.lows.tolist(),
            groups.highs.tolist(),
            strict=True,
        )
    ]


def name_targets(target: Target) -> str:
    """Return what is drawn of the target by value."""
    if target.is_multiclass:
        return "Shares of the classes"
    return f"Share of {target.labels[-1]}" if target.is_binary else f"Mean of {target.name}"


def _build_target_axis(target: Target, limits: tuple[float, float]) -> Axis:
    low, high = limits
    return Axis(kind="share" if target.labels else "number", low=low, high=high)


def _compute_height(n_rows: int) -> int:
    return _ROW_HEIGHT * max(n_rows, 3)
