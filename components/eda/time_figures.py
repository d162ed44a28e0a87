"""Sentences and figures of changes over time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from components._report.charts import Axis, Chart, Line, Rule
from components._report.colours import BLUE, ORANGE
from components._report.formats import format_share, format_value, mark_year
from components.eda.target import Target
from components.eda.target_figures import compute_target_limits, draw_time_targets, draw_timeline
from components.eda.time_changes import TimeChange, TimeInfo

_DAY = 86_400
# In longer spans the hour of a change says little.
_MOST_DAYS_WITH_HOURS = 3
_HEIGHT = 120


def describe_change(change: TimeChange, info: TimeInfo) -> str:
    """Return a change in words, such as "Mean of fare: from 2019-03-14 on 12.3 instead of 9.8"."""
    form = format_share if change.is_share else format_value
    before, after = form(change.before), form(change.after)
    if change.start is None:
        verb = "rises" if change.after > change.before else "falls"
        return f"{change.name} {verb}: {before} in the first fifth of the time's periods, {after} in the last"
    return f"{change.name}: from {_format_time(change.start, info)} on {after} instead of {before}"


def draw_changes(info: TimeInfo) -> list[Chart]:
    """Draw each change by period, with a dotted line where a break begins."""
    axis = _build_time_axis(info)
    return [
        Chart(
            title=change.name,
            x=axis,
            y=Axis(kind="share" if change.is_share else "number"),
            marks=[
                Line(change.times, change.values, colour=BLUE),
                *([Rule(x=change.start, colour=ORANGE)] if change.start is not None else []),
            ],
            height=_HEIGHT,
            description=describe_change(change, info),
        )
        for change in info.changes
    ]


def draw_times(info: TimeInfo, target: Target) -> Sequence[Chart]:
    """Draw rows and target over time."""
    limits = compute_target_limits([info.targets.groups], target)
    charts = (draw_timeline(info.targets), draw_time_targets(info.targets, target, limits))
    return [replace(chart, x=_build_time_axis(info)) for chart in charts]


def _build_time_axis(info: TimeInfo) -> Axis:
    return Axis(kind="time" if info.is_date else "number")


def _format_time(time: float, info: TimeInfo) -> str:
    if not info.is_date:
        return format_value(mark_year(time, info.column))
    span = info.targets.highs[-1] - info.targets.lows[0]
    form = "%Y-%m-%d %H:%M" if span <= _MOST_DAYS_WITH_HOURS * _DAY else "%Y-%m-%d"
    return format(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time), form)
