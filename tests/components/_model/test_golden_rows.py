import math
from datetime import datetime

import pytest

from components._compiled.recipe import Value
from components._model.golden_rows import measure_difference

GOLDEN = {
    "rows": [{"x": 1.0, "since": "2026-01-02T03:04:05"}, {"since": None, "x": None}],
    "predictions": [[0.25, 0.75], [0.5, 0.5]],
}


@pytest.mark.parametrize(
    ("outputs", "difference"),
    [
        ([[0.25, 0.75], [0.5, 0.5]], 0),
        ([[0.25, 0.75], [0.5, 0.75]], 0.25),
        ([[0.25, 0.75], [0.5, math.nan]], math.nan),
    ],
)
def test_the_largest_difference_counts(outputs: list[list[float]], difference: float) -> None:
    predicted: list[Value] = []

    def predict(rows: object) -> list[list[float]]:
        predicted.extend(rows)  # type: ignore[arg-type]
        return outputs

    found = measure_difference(GOLDEN, {"x": "float", "since": "datetime"}, predict)
    assert found == pytest.approx(difference, nan_ok=True)
    assert predicted == [[1.0, datetime(2026, 1, 2, 3, 4, 5)], [None, None]]


def test_a_large_value_counts_by_its_share() -> None:
    golden = {"rows": [{"x": 1.0}], "predictions": [1000.0]}
    assert measure_difference(golden, {"x": "float"}, lambda rows: [[1100.0]]) == pytest.approx(0.1)
