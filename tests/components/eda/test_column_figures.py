from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from components._report.charts import Chart
from components._report.colours import BLUE, GREY
from components.eda import column_figures
from components.eda.counters import HistogramCounter
from components.eda.summaries import NumericSummary
from components.eda.target import OTHER_CLASSES, Target

BINARY = Target("y", 4, ("no", "yes"), (2, 2))
MANY = Target("y", 4, tuple("abcdef"), (1, 1, 1, 0, 0, 1))
REGRESSION = Target("y", 4)


def _get_marks(figure: Chart) -> list[Any]:
    return list(figure.marks)


@pytest.mark.parametrize(
    ("target", "names"),
    [(BINARY, ["no", "yes"]), (MANY, ["a", "b", "c", "f", OTHER_CLASSES]), (REGRESSION, [""])],
)
def test_histograms_have_the_drawn_classes(target, names):
    counter = HistogramCounter(np.array([0.5, 1.5, 2.5]), len(names))
    assert column_figures.compute_histogram_info(counter, target).names == names


def test_other_classes_are_grey():
    info = column_figures.HistogramInfo(np.array([0, 1]), np.ones((2, 1)), ["a", OTHER_CLASSES], 0)
    assert [bars.colours for bars in _get_marks(column_figures.draw_histogram(info))] == [BLUE, GREY]


def test_a_histogram_says_how_many_rows_lie_beyond_it():
    counter = HistogramCounter(np.array([0.0, 50, 100]))
    counter.add(np.concatenate([np.arange(99.0), [1e6]]))
    info = column_figures.compute_histogram_info(counter, REGRESSION)
    assert info.n_beyond == 1
    assert column_figures.draw_histogram(info).x.title == "1 outside the axis"


def test_classes_of_different_size_are_drawn_as_shares():
    info = column_figures.HistogramInfo(np.array([0, 1, 2]), np.array([[90, 10], [1, 1]]), ["a", "b"], 0)
    figure = column_figures.draw_histogram(info)
    assert [list(bar.ends) for bar in _get_marks(figure)] == [[0.9, 0.1], [0.5, 0.5]]


def test_few_of_many_outliers_are_drawn_and_the_figure_says_so():
    info = column_figures.BoxInfo(0, 1, 2, 3, 4, [9.0, 10.0], 200)
    assert column_figures.draw_box(info).x.title == "200 beyond the IQR fences, 2 drawn"


def test_a_normal_column_lies_on_the_line_of_its_qq_plot():
    normal = NormalDist(5, 2)
    points = tuple(normal.inv_cdf((i + 0.5) / 61) for i in range(61))
    q1, q3 = normal.inv_cdf(0.25), normal.inv_cdf(0.75)
    summary = NumericSummary(-1, q1, 5, q3, 11, 0, -1, 11, 0, 0, (), points, (), 5, 2)
    info = column_figures.compute_qq_info(summary)
    np.testing.assert_allclose(info.values, info.intercept + info.slope * info.normal)
    assert (info.slope, info.intercept) == pytest.approx((2, 5))
