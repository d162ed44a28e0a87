from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pytest

from components.eda import column_figures
from components.eda.counters import CategoryCounter, HistogramCounter
from components.eda.summaries import NumericSummary
from components.eda.target import Target

NAN = float("nan")
BINARY = Target("y", 4, ("no", "yes"), (2, 2))
THREE = Target("y", 4, ("a", "b", "c"), (1, 1, 2))
MANY = Target("y", 4, tuple("abcdef"), (1, 1, 1, 0, 0, 1))
REGRESSION = Target("y", 4)


@pytest.mark.parametrize(("target", "names"), [(BINARY, ["no", "yes"]), (MANY, [""]), (REGRESSION, [""])])
def test_histograms_have_classes_where_there_are_few(target, names):
    counter = HistogramCounter(np.array([0.5, 1.5, 2.5]), len(names))
    assert column_figures.compute_histogram_info(counter, target).names == names


def test_a_histogram_says_how_many_rows_lie_beyond_it():
    counter = HistogramCounter(np.array([0.0, 50, 100]))
    counter.add(np.concatenate([np.arange(99.0), [1e6]]))
    info = column_figures.compute_histogram_info(counter, REGRESSION)
    assert info.n_beyond == 1
    assert column_figures.draw_histogram(info).layout.xaxis.title.text == "1 outside the axis"


def test_classes_of_different_size_are_drawn_as_shares():
    info = column_figures.HistogramInfo(np.array([0, 1, 2]), np.array([[90, 10], [1, 1]]), ["a", "b"], 0)
    figure = column_figures.draw_histogram(info)
    assert [list(bar.y) for bar in figure.data] == [[0.9, 0.1], [0.5, 0.5]]


def test_few_of_many_outliers_are_drawn_and_the_figure_says_so():
    info = column_figures.BoxInfo(0, 1, 2, 3, 4, [9.0, 10.0], 200)
    assert column_figures.draw_box(info).layout.xaxis.title.text == "200 beyond the IQR fences, 2 drawn"


def test_a_normal_column_lies_on_the_line_of_its_qq_plot():
    normal = NormalDist(5, 2)
    points = tuple(normal.inv_cdf((i + 0.5) / 61) for i in range(61))
    q1, q3 = normal.inv_cdf(0.25), normal.inv_cdf(0.75)
    summary = NumericSummary(-1, q1, 5, q3, 11, 0, -1, 11, 0, 0, (), points)
    info = column_figures.compute_qq_info(summary)
    np.testing.assert_allclose(info.values, info.intercept + info.slope * info.normal)
    assert (info.slope, info.intercept) == pytest.approx((2, 5))


def _count(column, categories, target, y):
    counter = CategoryCounter(categories, target)
    counter.add(pa.array(column), np.array(y))
    return column_figures.compute_category_info(counter, target)


def test_the_categories_come_with_their_rate_of_the_positive_class():
    info = _count(["x", "x", "z", None], ["x", "z"], BINARY, [0, 0, 1, 1])
    assert (info.names, info.counts) == (["x", "z", "(null)"], [2, 1, 1])
    assert info.shares[:, 1].tolist() == [0, 1, 1]
    assert list(column_figures.draw_categories(info, BINARY).data[1].x) == [0, 1, 1]


@pytest.mark.parametrize(
    ("target", "y", "means", "n_traces"),
    [
        (THREE, [0, 1, 2, 2], [], 4),
        (MANY, [0, 1, 2, 5], [], 1),
        (REGRESSION, [1.0, 2.0, 3.0, 6.0], [1.5, 3, 6], 2),
    ],
)
def test_the_target_is_drawn_by_category_as_its_kind_allows(target, y, means, n_traces):
    info = _count(["x", "x", "z", None], ["x", "z"], target, y)
    assert info.means == means
    assert len(column_figures.draw_categories(info, target).data) == n_traces


def test_rare_categories_share_a_bar_and_no_row_is_lost():
    column = [f"c{i}" for i in range(100)] * 2 + ["often"] * 5 + [None]
    info = _count(column, ["often", "c0", "c1"], BINARY, [0] * 206)
    assert (info.names, info.counts) == (["often", "c0", "c1", "(other)", "(null)"], [5, 2, 2, 196, 1])


def test_booleans_with_nulls_are_categories():
    info = _count([True, None, False, True], [True, False], BINARY, [0, 0, 1, 1])
    assert (info.names, info.counts) == (["True", "False", "(null)"], [2, 1, 1])


@pytest.mark.parametrize(
    ("values", "first", "n_rows"),
    [
        ([0.0, 86_400.0, NAN], "1970-01-01T00:00:00", 2),
        ([0.0], "1970-01-01T00:00:00", 1),
        ([-86_400.0, 0.0], "1969-12-31T00:00:00", 2),
    ],
)
def test_dates_are_counted_over_time(values, first, n_rows):
    times = [
        datetime(1970, 1, 1) + timedelta(seconds=value) for value in (np.nanmin(values), np.nanmax(values))
    ]
    counter = HistogramCounter(column_figures.compute_time_edges(*times))
    counter.add(np.array(values))
    info = column_figures.compute_timeline_info(counter)
    assert (info.starts[0], sum(info.counts)) == (first, n_rows)
