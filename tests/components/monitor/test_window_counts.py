from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.monitor.column_bins import PREDICTIONS, build_bins
from components.monitor.window_counts import Window, WindowCounts
from tests.components.monitor.predicted_rows import make_rows

DAY = timedelta(days=1)
REFERENCE = make_rows({"x": np.arange(100.0), "s": ["a"] * 60 + ["b"] * 40})
BINS = build_bins(REFERENCE, {"x": "float", "s": "string"}, is_class=True)


def test_rows_are_counted_by_window_bin_and_weight() -> None:
    counts = WindowCounts(BINS, DAY)
    rows = make_rows(
        {"x": [1.0, np.nan, 1.0], "s": ["a", "zz", "zz"]},
        time=["2026-03-02T00:00", "2026-03-02T23:59:59.999999", "2026-03-03"],
        weight=[2, 3, 4],
    )
    counts.add(rows, {"x": np.array([False, True, False])})
    first, second = (counts.windows[number] for number in sorted(counts.windows))
    assert [counts.find_start(number) for number in sorted(counts.windows)] == [
        datetime(2026, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 3, tzinfo=UTC),
    ]
    assert (first.n_rows, first.weight, first.weight_squares, first.size) == (2, 5, 13, 25 / 13)
    assert [counts.compute_progress(number) for number in sorted(counts.windows)] == [pytest.approx(1), 0]
    assert first.bins["s"].tolist() == [2, 0, 0, 3, 0]
    assert first.bins["x"][-1] == 3
    assert first.bins[PREDICTIONS].sum() == 5
    assert (first.unreadable["x"], second.unreadable["x"]) == (3, 0)
    assert (first.new_categories["s"], second.new_categories["s"]) == (Counter(zz=3), Counter(zz=4))


def test_windows_of_hours_begin_at_multiples_of_their_length() -> None:
    counts = WindowCounts(BINS, timedelta(hours=6))
    counts.add(make_rows({"x": [1.0, 2.0], "s": ["a", "a"]}, time=["2026-03-02T05:59", "2026-03-02T06:00"]))
    assert [counts.find_start(number).hour for number in sorted(counts.windows)] == [0, 6]


def test_no_rows_are_no_window() -> None:
    counts = WindowCounts(BINS, DAY)
    counts.add(make_rows({"x": [], "s": []}))
    assert counts.windows == {}
    assert Window().size == 0


ROW = st.tuples(
    st.one_of(st.just(np.nan), st.floats(-200, 200)),
    st.sampled_from(["a", "b", "c", "d", None]),
    st.integers(0, 3),
    st.integers(1, 5),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=4), st.randoms())
def test_states_merged_in_any_order_are_those_of_all_rows_at_once(
    chunks: list[list[tuple[float, str | None, int, int]]], random: st.DataObject
) -> None:
    def count(rows: list[tuple[float, str | None, int, int]]) -> WindowCounts:
        counts = WindowCounts(BINS, DAY)
        x, s, days, weights = zip(*rows, strict=True)
        time = np.datetime64("2026-03-02", "us") + np.array(days) * np.timedelta64(1, "D")
        mask = np.isnan(x)
        counts.add(make_rows({"x": x, "s": list(s)}, time=time, weight=weights), {"x": mask})
        return counts

    at_once = count([row for chunk in chunks for row in chunk])
    merged = WindowCounts(BINS, DAY)
    states = [count(chunk) for chunk in chunks]
    random.shuffle(states)  # type: ignore[attr-defined]
    for state in states:
        merged.merge(state)
    assert merged.windows.keys() == at_once.windows.keys()
    for number, window in merged.windows.items():
        other = at_once.windows[number]
        assert (window.n_rows, window.newest) == (other.n_rows, other.newest)
        assert (window.weight, window.weight_squares) == (other.weight, other.weight_squares)
        assert {name: counts.tolist() for name, counts in window.bins.items()} == {
            name: counts.tolist() for name, counts in other.bins.items()
        }
        assert (window.unreadable, window.new_categories) == (other.unreadable, other.new_categories)


def test_merging_leaves_the_other_state_as_it_was() -> None:
    one, other = WindowCounts(BINS, DAY), WindowCounts(BINS, DAY)
    rows = make_rows({"x": [1.0], "s": ["new"]})
    other.add(rows)
    one.merge(other)
    one.add(rows)
    [window] = other.windows.values()
    assert (window.n_rows, window.bins["s"].sum(), window.new_categories["s"]) == (1, 1, Counter(new=1))


@pytest.mark.parametrize("n_chunks", [1, 10])
def test_a_frequent_new_category_stays_among_thousands_of_rare_ones(n_chunks: int) -> None:
    counts = WindowCounts(BINS, DAY)
    names = np.array([f"n{i}" for i in range(5000)] + ["often"] * 500, dtype=object)
    np.random.default_rng(0).shuffle(names)
    for chunk in np.array_split(names, n_chunks):
        counts.add(make_rows({"x": np.zeros(len(chunk)), "s": chunk}))
    [window] = counts.windows.values()
    found = window.new_categories["s"]
    assert len(found) <= 100
    assert 500 - 5500 / 100 <= found["often"] <= 500


def test_a_long_new_category_is_kept_by_its_beginning() -> None:
    counts = WindowCounts(BINS, DAY)
    counts.add(make_rows({"x": [1.0], "s": ["y" * 10_000]}))
    [window] = counts.windows.values()
    assert [len(name) for name in window.new_categories["s"]] == [200]
