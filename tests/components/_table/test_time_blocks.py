import numpy as np
import pytest

from components._table.time_blocks import cut_time_blocks


@pytest.mark.parametrize("as_dates", [False, True])
def test_each_block_is_later_than_its_earlier_rows_and_has_about_as_many(as_dates: bool) -> None:
    times: np.ndarray = np.random.default_rng(0).permutation(1_000) // 2
    if as_dates:
        times = np.datetime64("2026-01-01") + times.astype("timedelta64[D]")
    numbers, earlier = cut_time_blocks(times, None)
    assert np.bincount(numbers).tolist() == [50] * 20
    for number, rows in enumerate(earlier):
        np.testing.assert_array_equal(rows, np.flatnonzero(numbers < number))
        assert not len(rows) or times[rows].max() < times[numbers == number].min()


def test_equal_times_are_in_one_block() -> None:
    times = np.repeat([5.0, 1.0, 3.0], [10, 85, 5])
    numbers, earlier = cut_time_blocks(times, None)
    np.testing.assert_array_equal(numbers, np.repeat([2, 0, 1], [10, 85, 5]))
    np.testing.assert_array_equal(earlier[1], np.arange(10, 95))
    assert len(earlier[0]) == 0


def test_the_gap_leaves_out_the_rows_just_before_a_block() -> None:
    times = np.arange(100)
    _, earlier = cut_time_blocks(times, 7.0)
    assert [len(rows) for rows in earlier] == [max(start - 6, 0) for start in range(0, 100, 5)]


def test_no_rows_have_no_blocks() -> None:
    numbers, earlier = cut_time_blocks(np.empty(0), None)
    assert len(numbers) == len(earlier) == 0
