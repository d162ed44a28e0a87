import numpy as np
import pytest

from components._model.intervals import PredictionIntervals
from components._problem.spec import Problem
from components.evaluate.coverage_explanation import describe_coverage, judge_coverage, list_coverage
from components.evaluate.interval_coverage import IntervalCoverage, measure_coverage

INTERVALS = PredictionIntervals(0.9, [0.0], [1.0], 400)


def measure(n_covered: int, n_rows: int = 200) -> IntervalCoverage:
    errors = np.where(np.arange(n_rows) < n_covered, 0.0, 5.0)
    return measure_coverage(INTERVALS, np.arange(float(n_rows)), np.arange(n_rows) + errors)


@pytest.mark.parametrize(
    ("n_covered", "level", "words"),
    [
        (180, "good", "90.0% of the 200 test rows are in their intervals (95 % interval 85.1% to 93.4%)"),
        (150, "warning", "That is less than 90%"),
        (200, "note", "That is more than 90%"),
    ],
)
def test_the_test_rows_judge_the_level(n_covered: int, level: str, words: str) -> None:
    found, text = judge_coverage(measure(n_covered))
    assert found == level
    assert words in text
    assert "2 wide on average" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "if they are like the training rows (exchangeable)."),
        ({"event_time": "day"}, "which later rows need not be"),
        ({"group": "shop"}, "which rows of new values of 'shop' need not be"),
    ],
)
def test_what_the_guarantee_needs_is_said(changes: dict[str, str], words: str) -> None:
    problem = Problem.model_validate({"target": "y", "task": "regression", "metric": "r2", **changes})
    (text,) = describe_coverage(measure(180), problem)
    assert words in text
    assert "400 out-of-fold predictions" in text


def test_a_row_of_the_table_is_a_size_of_prediction() -> None:
    rows = list_coverage(measure(180))
    assert rows[0] == ("0 to 39", 40, "100.0%", "91.2% to 100.0%", "2.00")
    assert [row[1] for row in rows] == [40] * 5
