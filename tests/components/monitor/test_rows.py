import numpy as np
import pandas as pd

from components.monitor.rows import PredictedRows


def test_rows_are_taken_by_a_mask_or_by_positions() -> None:
    rows = PredictedRows(
        pd.DataFrame({"age": [1.0, 2.0, 3.0]}, index=[7, 8, 9]),
        np.array([[0.1], [0.2], [0.3]]),
        np.array([1.0, 2.0, 3.0]),
        np.array(["2026-11-01", "NaT", "2026-11-02"], dtype="datetime64[us]"),
        np.array([0.0, np.nan, 1.0]),
    )
    for chosen in (np.array([True, False, True]), np.array([0, 2])):
        taken = rows.take(chosen)
        assert len(taken) == 2
        assert taken.columns["age"].tolist() == [1.0, 3.0]
        assert (taken.outputs.ravel().tolist(), taken.weight.tolist()) == ([0.1, 0.3], [1.0, 3.0])
        assert taken.truth.tolist() == [0.0, 1.0]
