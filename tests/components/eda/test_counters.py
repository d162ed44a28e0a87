import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.eda.bins import build_time_bins, build_value_bins
from components.eda.counters import BinCounter, CategoryCounter, HistogramCounter
from components.eda.target import Target

NAN = float("nan")
BINARY = Target("y", 4, ("no", "yes"), (2, 2))


@pytest.mark.parametrize(
    ("codes", "n_series", "counts"),
    [(None, 1, [[1, 1, 1]]), (np.array([0, 0, 1, 1, 1]), 2, [[1, 0, 0], [0, 1, 1]])],
)
def test_numbers_are_counted_by_class_where_there_are_some(codes, n_series, counts):
    counter = HistogramCounter(np.array([0.5, 1.5, 2.5, 3.5]), n_series)
    counter.add(np.array([1, NAN, 2, 3, 9]), codes)
    assert (counter.counts.tolist(), counter.n_known) == (counts, 4)


@example(1.0, 2.3e-16, 40, [0.5])
@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-18, 1e9),
    st.integers(1, 40),
    st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=30),
)
def test_bins_are_those_of_numpy(low, reach, n_bins, shares):
    edges = np.linspace(low, low + reach, n_bins + 1)
    # The bounds themselves and their neighbours are where a bin could be missed.
    near = [edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)]
    values = np.concatenate([low + reach * np.array(shares), *near])
    counter = HistogramCounter(edges)
    for part in np.array_split(values, 3):
        counter.add(part)
    assert counter.counts[0].tolist() == np.histogram(values, edges)[0].tolist()


@pytest.mark.parametrize("n_seconds", [1, 7, 39, 41, 60, 3_601])
def test_bins_of_rounded_bounds_are_those_of_numpy(n_seconds):
    edges = np.unique(np.round(np.linspace(0, n_seconds, 41)))
    values = np.linspace(0, n_seconds, 1_000)
    counter = HistogramCounter(edges)
    counter.add(values)
    assert counter.counts[0].tolist() == np.histogram(values, edges)[0].tolist()


@pytest.mark.parametrize("is_encoded", [False, True])
def test_categories_are_counted_in_batches_with_the_target_in_each(is_encoded):
    counter = CategoryCounter(["x", "z"], BINARY)
    for values, y in ((["x", "q", None], [0, 1, 1]), (["x", "z", "(null)"], [1, 0, 0])):
        column = pa.array(values)
        counter.add(column.dictionary_encode() if is_encoded else column, np.array(y))
    assert counter.found.counts.tolist() == [2, 1, 2, 1]
    assert counter.found.cells.tolist() == [[1, 1], [1, 0], [1, 1], [0, 1]]


def test_a_column_without_a_value_has_only_nulls():
    counter = CategoryCounter([], Target("y", 2))
    counter.add(pa.nulls(2, pa.string()), np.array([1.0, 2.0]))
    assert (counter.found.counts.tolist(), counter.found.sums.tolist()) == ([0, 2], [0, 3])


def test_the_target_is_counted_by_bin_and_at_last_for_null():
    counter = BinCounter(build_value_bins(np.array([1.0, 2.0, 5.0])), BINARY)
    for values, y in (([1, NAN, 5], [0, 1, 1]), ([5, 2, 1], [1, 0, 0])):
        counter.add(np.array(values, dtype=float), np.array(y))
    assert counter.found.cells.tolist() == [[2, 0], [1, 0], [0, 2], [0, 1]]


def test_a_time_at_a_bound_belongs_to_the_bin_that_begins_there():
    counter = BinCounter(build_time_bins(np.array([0.0, 10, 20])), BINARY)
    counter.add(np.array([0.0, 9, 10, 20]), np.zeros(4, dtype=int))
    assert counter.found.counts.tolist() == [2, 2, 0]
