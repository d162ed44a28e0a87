from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._model.intervals import PredictionIntervals

INTERVALS = PredictionIntervals(0.9, [10.0, 20.0], [1.0, 3.0], 200)


@pytest.mark.parametrize(
    ("prediction", "half_width"), [(0.0, 1.0), (10.0, 1.0), (15.0, 2.0), (20.0, 3.0), (90.0, 3.0)]
)
def test_widths_are_interpolated_and_constant_beyond_the_last_place(
    prediction: float, half_width: float
) -> None:
    low, high = INTERVALS.compute_bounds(np.array([prediction]))
    assert (low.item(), high.item()) == (prediction - half_width, prediction + half_width)


def test_columns_have_the_ends_of_each_row() -> None:
    low, high = INTERVALS.build_columns(pa.array([15.0, 20.0]))
    assert (low.to_pylist(), high.to_pylist()) == ([13.0, 17.0], [17.0, 23.0])


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert PredictionIntervals.load(tmp_path) is None
    INTERVALS.save(tmp_path)
    assert PredictionIntervals.load(tmp_path) == INTERVALS
