from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components._report.charts import Chart
from components.eda import column_figures, target_figures
from components.eda.bins import build_quantile_bins, build_time_bins, build_value_bins
from components.eda.counters import BinCounter, CategoryCounter
from components.eda.group_targets import GroupTargets
from components.eda.target import Target

NAN = float("nan")
BINARY = Target("y", 4, ("no", "yes"), (2, 2))
THREE = Target("y", 4, ("a", "b", "c"), (1, 1, 2))
REGRESSION = Target("y", 4)

BOX = column_figures.BoxInfo(0, 1, 2, 3, 4, [], 0)
QQ = column_figures.QQInfo(np.empty(0), np.empty(0), 1, 0)


def _get_marks(figure: Chart) -> list[Any]:
    return list(figure.marks)


def _count(column, categories, target, y):
    counter = CategoryCounter(categories, target)
    counter.add(pa.array(column), np.array(y))
    return target_figures.compute_category_info(counter, target)


def test_the_categories_come_with_their_rate_of_the_positive_class():
    info = _count(["x", "x", "z", None], ["x", "z"], BINARY, [0, 0, 1, 1])
    assert (info.names, info.groups.counts.tolist()) == (["x", "z", "(null)"], [2, 1, 1])
    assert info.groups.values.tolist() == [0, 1, 1]


def test_rare_categories_share_a_bar_and_no_row_is_lost():
    column = [f"c{i}" for i in range(100)] * 2 + ["often"] * 5 + [None]
    info = _count(column, ["often", "c0", "c1"], BINARY, [0] * 206)
    assert (info.names, info.groups.counts.tolist()) == (
        ["often", "c0", "c1", "(other)", "(null)"],
        [5, 2, 2, 196, 1],
    )


def test_booleans_with_nulls_are_categories():
    info = _count([True, None, False, True], [True, False], BINARY, [0, 0, 1, 1])
    assert (info.names, info.groups.counts.tolist()) == (["True", "False", "(null)"], [2, 1, 1])


TIMES = np.array([0.0, 1.0, 2.0])


def _build_groups(counts, rates):
    rates = np.array(rates, dtype=float)
    shares = np.stack([1 - rates, rates], axis=1)
    return GroupTargets(np.array(counts), shares, rates, rates - 0.1, rates + 0.1, 0.5)


def test_the_target_by_category_has_intervals_and_all_rows_as_a_line():
    info = target_figures.CategoryInfo(["a", "b", "c"], _build_groups([100, 4, 100], [0.2, 0.9, 0.6]))
    rule, points = _get_marks(target_figures.draw_category_targets(info, BINARY, (0, 1)))
    assert rule.x == 0.5
    # Fewer than 5 rows tell too little.
    assert (points.xs, points.ys) == ([0.2, 0.6], [0, 2])
    assert (points.x_lows, points.x_highs) == (pytest.approx([0.1, 0.5]), pytest.approx([0.3, 0.7]))
    assert points.tips[1] == "c: 60.0% (50.0% to 70.0%), 100 rows"


def test_several_classes_are_stacked():
    info = _count(["x"] * 10 + ["z"] * 5, ["x", "z"], THREE, [0] * 5 + [1] * 5 + [2] * 5)
    bars = _get_marks(target_figures.draw_category_targets(info, THREE, (0, 1)))
    assert [bar.name for bar in bars] == ["a", "b", "c"]
    assert [(bar.starts, bar.ends) for bar in bars] == [
        ([0, 0], [0.5, 0]),
        ([0.5, 0], [1, 0]),
        ([1, 0], [1, 1]),
    ]


def _count_numbers(values, y, target, edges=(0.0, 1.0)):
    values = np.array(values, dtype=float)
    shares = np.linspace(0, 1, 21)
    counter = BinCounter(build_quantile_bins(shares, np.nanquantile(values, shares)), target)
    counter.add(values, np.array(y))
    histogram = column_figures.HistogramInfo(np.array(edges), np.empty((1, 1)), [""], 0)
    targets = target_figures.compute_bin_target_info(counter, target)
    return target_figures.NumberInfo(histogram, targets, BOX, QQ)


def test_the_target_by_number_has_null_to_the_right_of_the_histogram():
    values = [*np.linspace(0, 1, 200), *[NAN] * 50]
    info = _count_numbers(values, [0] * 100 + [1] * 100 + [1] * 50, BINARY)
    figure = target_figures.draw_number_targets(info, BINARY, (0, 1))
    _, points = _get_marks(figure)
    assert points.ys == [0] * 5 + [1] * 5 + [1]
    assert points.xs[0] == pytest.approx(0.05, abs=0.01)
    assert 1 < points.xs[-1] < figure.x.high
    assert points.tips[-1].startswith("(null): 100.0%")


def test_bins_beyond_the_histogram_end_at_it():
    info = _count_numbers(np.exp(np.linspace(0, 9, 200)), [0, 1] * 100, BINARY, edges=(0.0, 50.0))
    figure = target_figures.draw_number_targets(info, BINARY, (0, 1))
    assert max(_get_marks(figure)[1].x_highs) == figure.x.high == 50


def test_shares_by_number_are_as_wide_as_their_bins():
    info = _count_numbers(np.linspace(0, 1, 200), [0] * 100 + [2] * 100, THREE)
    bars = _get_marks(target_figures.draw_number_targets(info, THREE, (0, 1)))
    assert sum(bars[0].width) == pytest.approx(1)
    assert bars[0].ends == [1] * 5 + [0] * 5


def test_values_of_a_discrete_column_are_categories_in_their_order():
    counter = BinCounter(build_value_bins(np.array([0.0, 2.0, 10.0])), REGRESSION)
    counter.add(np.array([0, 10, 10, NAN]), np.array([1.0, 2, 4, 8]))
    info = target_figures.compute_value_info(counter, REGRESSION, "x")
    assert (info.names, info.groups.values.tolist()) == (["0", "10", "(null)"], [1, 3, 8])


@pytest.mark.parametrize(("target", "kinds"), [(BINARY, ["Band", "Line", "Rule"]), (THREE, ["Bars"] * 3)])
def test_the_target_over_time_leaves_gaps_where_few_rows_are(target, kinds):
    times = np.repeat(TIMES, [50, 2, 50])
    counter = BinCounter(build_time_bins(np.array([-0.5, 0.5, 1.5, 2.5])), target)
    counter.add(times, (times > 1).astype(int))
    info = target_figures.compute_bin_target_info(counter, target)
    marks = _get_marks(target_figures.draw_time_targets(info, target, (0, 1)))
    assert [type(mark).__name__ for mark in marks] == kinds
    assert marks[0].xs == [0, 2] if target is BINARY else marks[0].places == [0, 2]


def test_all_columns_share_limits_that_small_groups_do_not_stretch():
    groups = [_build_groups([1_000, 10, 3], [0.2, 0.4, 1.0]), _build_groups([1_000], [0.3])]
    assert target_figures.compute_target_limits(groups, BINARY) == pytest.approx((0, 0.4 * 1.04))
    assert target_figures.compute_target_limits(groups, THREE) == (0, 1)


@pytest.mark.parametrize(
    ("values", "first", "n_rows"),
    [([0.0, 86_400.0, NAN], 0, 2), ([0.0], 0, 1), ([-86_400.0, 0.0], -86_400, 2)],
)
def test_dates_are_counted_over_time(values, first, n_rows):
    times = [
        datetime(1970, 1, 1) + timedelta(seconds=value) for value in (np.nanmin(values), np.nanmax(values))
    ]
    counter = BinCounter(build_time_bins(target_figures.compute_time_edges(*times)), BINARY)
    counter.add(np.array(values), np.zeros(len(values), dtype=int))
    info = target_figures.compute_bin_target_info(counter, BINARY)
    assert (info.lows[0], sum(_get_marks(target_figures.draw_timeline(info))[0].ends)) == (first, n_rows)


def test_years_are_written_without_separators():
    counter = BinCounter(build_value_bins(np.array([1961.0, 1962.0])), REGRESSION)
    counter.add(np.array([1961.0, 1962.0]), np.array([1.0, 2.0]))
    assert target_figures.compute_value_info(counter, REGRESSION, "year").names == ["1961", "1962"]
    assert target_figures.compute_value_info(counter, REGRESSION, "x").names == ["1,961", "1,962"]
