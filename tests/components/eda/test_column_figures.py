import numpy as np
import pandas as pd
import pytest

from components.eda import column_figures
from components.eda.summaries import NumericSummary
from components.eda.target import EncodedTarget

NAN = float("nan")
CLASSES = np.array([0, 0, 1, 1])
BINARY = EncodedTarget("y", CLASSES, ("no", "yes"))
THREE = EncodedTarget("y", np.array([0, 1, 2, 2]), ("a", "b", "c"))
MANY = EncodedTarget("y", np.array([0, 1, 2, 5]), tuple("abcdef"))
REGRESSION = EncodedTarget("y", np.array([1.0, 2.0, 3.0, 6.0]), ())


@pytest.mark.parametrize(
    ("target", "names", "counts"),
    [
        (BINARY, ["no", "yes"], [[1, 0, 0], [0, 1, 1]]),
        (MANY, [""], [[1, 1, 1]]),
        (REGRESSION, [""], [[1, 1, 1]]),
    ],
)
def test_histograms_count_rows_by_class_where_there_are_few(target, names, counts):
    info = column_figures.compute_histogram_info(np.array([1, NAN, 2, 3]), "integer", target)
    assert (info.names, info.counts.tolist(), info.n_beyond) == (names, counts, 0)


def test_a_histogram_says_how_many_rows_lie_beyond_it():
    values = np.concatenate([np.arange(99.0), [1e6]])
    info = column_figures.compute_histogram_info(values, "float", EncodedTarget("y", values, ()))
    assert info.n_beyond == 1
    assert column_figures.draw_histogram(info).layout.xaxis.title.text == "1 outside the axis"


def test_classes_of_different_size_are_drawn_as_shares():
    info = column_figures.HistogramInfo(np.array([0, 1, 2]), np.array([[90, 10], [1, 1]]), ["a", "b"], 0)
    figure = column_figures.draw_histogram(info)
    assert [list(bar.y) for bar in figure.data] == [[0.9, 0.1], [0.5, 0.5]]


def _summarise(values: np.ndarray) -> NumericSummary:
    summary = NumericSummary.from_values(values)
    assert summary is not None
    return summary


def _make_box(values, seed=0):
    values = np.array(values, dtype=float)
    return column_figures.compute_box_info(values, _summarise(values), seed=seed)


def test_whiskers_end_at_the_outermost_values_within_the_fences():
    info = _make_box([1, 2, 3, 4, 5, 6, 7, 100, NAN])
    assert (info.low, info.median, info.high) == (1, 4.5, 7)
    assert (info.outliers, info.n_outliers) == ([100], 1)


def test_equal_quartiles_have_no_outliers():
    info = _make_box([3, 3, 3, 3, 9])
    assert (info.low, info.high, info.outliers) == (3, 9, [])


def test_few_outliers_are_drawn_the_extremes_among_them():
    values = np.concatenate([np.arange(1_000.0), np.arange(5_000.0, 5_200.0)])
    info = _make_box(values)
    assert (info.n_outliers, len(info.outliers)) == (200, 80)
    assert (info.outliers[0], info.outliers[-1]) == (5_000, 5_199)
    assert info == _make_box(values)
    assert info != _make_box(values, seed=1)


def test_a_normal_column_lies_on_the_line_of_its_qq_plot():
    values = 5 + 2 * np.random.default_rng(0).normal(size=20_000)
    info = column_figures.compute_qq_info(values, _summarise(values))
    assert len(info.values) == 61
    np.testing.assert_allclose(info.values, info.intercept + info.slope * info.normal, atol=0.2)
    assert (info.slope, info.intercept) == pytest.approx((2, 5), abs=0.05)


def test_the_categories_come_with_their_rate_of_the_positive_class():
    info = column_figures.compute_category_info(pd.Series(["x", "x", "z", None]), BINARY)
    assert (info.names, info.counts) == (["x", "z", "(null)"], [2, 1, 1])
    assert info.shares[:, 1].tolist() == [0, 1, 1]
    assert list(column_figures.draw_categories(info, BINARY).data[1].x) == [0, 1, 1]


@pytest.mark.parametrize(
    ("target", "means", "n_traces"),
    [(THREE, [], 4), (MANY, [], 1), (REGRESSION, [1.5, 3, 6], 2)],
)
def test_the_target_is_drawn_by_category_as_its_kind_allows(target, means, n_traces):
    info = column_figures.compute_category_info(pd.Series(["x", "x", "z", None]), target)
    assert info.means == means
    assert len(column_figures.draw_categories(info, target).data) == n_traces


def test_rare_categories_share_a_bar_and_no_row_is_lost():
    column = pd.Series([f"c{i}" for i in range(100)] * 2 + ["often"] * 5 + [None])
    info = column_figures.compute_category_info(
        column, EncodedTarget("y", np.zeros(206, dtype=int), ("no", "yes"))
    )
    assert (info.names[0], info.names[-2:]) == ("often", ["(other)", "(null)"])
    assert (len(info.names), sum(info.counts)) == (14, 206)


def test_booleans_with_nulls_are_categories():
    info = column_figures.compute_category_info(pd.Series([True, None, False, True], dtype=object), BINARY)
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
    info = column_figures.compute_timeline_info(np.array(values))
    assert (info.starts[0], sum(info.counts)) == (first, n_rows)
