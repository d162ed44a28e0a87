import numpy as np
import pytest

from components._model.intervals import PredictionIntervals
from components.evaluate.interval_coverage import measure_coverage


def test_coverage_and_width_are_those_of_the_rows_by_the_size_of_their_prediction() -> None:
    predictions = np.arange(100.0)
    errors = np.where(np.arange(100) < 20, 5.0, 0.5)
    intervals = PredictionIntervals(0.9, [0.0, 99.0], [1.0, 2.0], 400)
    coverage = measure_coverage(intervals, predictions, predictions + errors)
    assert (coverage.level, coverage.rows_train, coverage.adapts) == (0.9, 400, True)
    assert coverage.all.covered.value == 0.8
    assert coverage.all.width == pytest.approx(3.0)
    assert [group.covered.value for group in coverage.groups] == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert [(group.low, group.high, group.rows) for group in coverage.groups[:2]] == [
        (0.0, 19.0, 20),
        (20.0, 39.0, 20),
    ]
    assert [group.width for group in coverage.groups] == sorted(group.width for group in coverage.groups)
    assert coverage.all.covered.low == pytest.approx(0.711, abs=1e-3)


@pytest.mark.parametrize(("n_rows", "n_groups"), [(1, 1), (39, 1), (40, 2), (1_000, 5)])
def test_groups_have_enough_rows(n_rows: int, n_groups: int) -> None:
    intervals = PredictionIntervals(0.9, [0.0], [1.0], 400)
    coverage = measure_coverage(intervals, np.zeros(n_rows), np.zeros(n_rows))
    assert len(coverage.groups) == n_groups
    assert not coverage.adapts
