import numpy as np
import pytest

from components._report.charts import Rule, render_chart
from components.eda.group_targets import GroupTargets
from components.eda.target import Target
from components.eda.target_figures import BinTargetInfo
from components.eda.time_changes import TimeChange, TimeInfo
from components.eda.time_figures import describe_change, draw_changes, draw_times

DAY = 86_400
# 2026-01-01 as seconds since 1970.
FIRST = 1_767_225_600.0
BREAK = TimeChange(
    "Mean of fare", False, 9.0, FIRST + DAY / 2, 9.81, 12.34, [FIRST, FIRST + DAY], [9.8, 12.3]
)
TREND = TimeChange("Share of null in fare", True, 8.0, None, 0.3, 0.1, [FIRST, FIRST + DAY], [0.3, 0.1])
TARGET = Target("y", 20, ("no", "yes"), (10, 10))


def _build_info(n_days: int = 100, *, is_date: bool = True) -> TimeInfo:
    edges = FIRST + np.array([0, 1, 2]) * n_days / 2 * DAY
    rates, counts = np.array([0.4, 0.6, np.nan]), np.array([10, 10, 0])
    groups = GroupTargets(counts, np.column_stack([1 - rates, rates]), rates, rates - 0.1, rates + 0.1, 0.5)
    bins = BinTargetInfo(edges[:-1], (edges[:-1] + edges[1:]) / 2, edges[1:], groups)
    return TimeInfo("year", False, is_date, 20, 2, 2, 0, 3.0, 2, [BREAK, TREND], bins)


@pytest.mark.parametrize(
    ("change", "info", "expected"),
    [
        (BREAK, _build_info(), "Mean of fare: from 2026-01-01 on 12.3 instead of 9.81"),
        (BREAK, _build_info(2), "Mean of fare: from 2026-01-01 12:00 on 12.3 instead of 9.81"),
        (
            BREAK._replace(start=1974.0),
            _build_info(is_date=False),
            "Mean of fare: from 1974 on 12.3 instead of 9.81",
        ),
        (
            TREND,
            _build_info(),
            "Share of null in fare falls: 30.0% in the first fifth of the time's periods, 10.0% in the last",
        ),
    ],
)
def test_a_change_is_said_with_its_time_and_its_values(
    change: TimeChange, info: TimeInfo, expected: str
) -> None:
    assert describe_change(change, info) == expected


def test_a_figure_has_a_line_at_a_break_and_none_for_a_trend() -> None:
    charts = draw_changes(_build_info())
    assert [any(isinstance(mark, Rule) for mark in chart.marks) for chart in charts] == [True, False]
    assert [chart.y.kind for chart in charts] == ["number", "share"]
    assert "from 2026-01-01 on" in render_chart(charts[0])


@pytest.mark.parametrize(("is_date", "kind"), [(True, "time"), (False, "number")])
def test_rows_and_target_are_drawn_over_times_and_numbers(is_date: bool, kind: str) -> None:
    charts = draw_times(_build_info(is_date=is_date), TARGET)
    assert [chart.title for chart in charts] == ["Rows over time", "Share of yes over time"]
    assert [chart.x.kind for chart in charts] == [kind, kind]
