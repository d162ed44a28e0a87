import numpy as np
import pytest

from benchmarks.quality.ranking import compute_mean_ranks, compute_ranks, compute_relative_errors

NAN = float("nan")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.9, 0.8, 0.7], [1, 2, 3]),
        ([-3.0, -1.0, -2.0], [3, 1, 2]),
        ([0.9, 0.9, 0.7], [1.5, 1.5, 3]),
        ([0.9, NAN, 0.7], [1, 3, 2]),
        ([NAN, NAN, 0.7], [2.5, 2.5, 1]),
    ],
)
def test_the_largest_score_ranks_first_and_a_failure_last(scores: list[float], expected: list[float]) -> None:
    assert compute_ranks(np.array([scores])).tolist() == [expected]


def test_the_interval_of_a_mean_rank_holds_it_and_narrows_to_nothing_where_all_tables_agree() -> None:
    agreed = compute_mean_ranks(np.array([[[0.9, 0.8]]] * 5))
    assert [tuple(interval) for interval in agreed] == [(1, 1, 1), (2, 2, 2)]
    mixed = compute_mean_ranks(np.array([[[0.9, 0.8]], [[0.7, 0.8]], [[0.6, 0.5]], [[0.4, 0.1]]]))
    assert mixed[0].mean == 1.25
    assert 1 <= mixed[0].low < mixed[0].mean < mixed[0].high <= 2


def test_the_splits_of_a_table_are_drawn_together() -> None:
    # One table on which the two splits disagree says nothing of other tables.
    (first, _) = compute_mean_ranks(np.array([[[0.9, 0.8], [0.7, 0.8]]]))
    assert tuple(first) == (1.5, 1.5, 1.5)


def test_relative_errors_are_geometric_means_that_leave_out_failures() -> None:
    errors = np.array([[0.1, 0.2, NAN], [0.4, 0.2, 0.8]])
    assert compute_relative_errors(errors, errors[:, 0]) == pytest.approx([1.0, 1.0, 2.0])


def test_a_perfect_score_does_not_outweigh_all_other_tables() -> None:
    errors = np.array([[0.01, 0.0]])
    assert compute_relative_errors(errors, errors[:, 0])[1] == pytest.approx(0.5)


def test_a_system_that_always_failed_has_no_relative_error() -> None:
    errors = np.array([[0.1, NAN]])
    assert np.isnan(compute_relative_errors(errors, errors[:, 0])[1])
