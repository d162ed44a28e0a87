from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import Importance, Measure
from components.evaluate.pitfalls import describe_pitfalls
from components.evaluate.run import run
from tests.components.evaluate.test_report import EVALUATION

ERROR = (Measure("neg_root_mean_squared_error", Estimate(5.0, 4.0, 6.0), 9.0, 6.0),)
BINARY = {"task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"cross_validated": 0.85}, []),
        ({"cross_validated": 0.95}, [("warning", "ROC AUC was 0.95; on the test rows the 95 % interval is")]),
        ({"cross_validated": 0.65}, [("note", "which is better")]),
        ({"measures": ERROR, "cross_validated": 3.0}, [("warning", "RMSE was 3.0")]),
        ({"measures": ERROR, "cross_validated": 7.0}, [("note", "which is better")]),
        ({"measures": ERROR, "cross_validated": 5.5}, []),
        (
            {"importances": (Importance("a", 0.25, 0.01), Importance("b", 0.1, 0.01))},
            [("warning", "a alone carries the model: shuffled, it takes 83% of the gain")],
        ),
        ({"importances": (Importance("a", 0.2, 0.01), Importance("b", 0.1, 0.01))}, []),
        (
            {"importances": (Importance("a", 0.2, 0.01), Importance("b", 0.01, 0.01))},
            [("note", "1 column of 2 can be shuffled without a loss that shows: b.")],
        ),
        (
            {"importances": tuple(Importance(f"x{i}", 0.0, 0.01) for i in range(7))},
            [
                (
                    "note",
                    "7 columns of 7 can be shuffled without a loss that shows: x0, x1, x2, x3, x4 and 2 more",
                )
            ],
        ),
        ({"time_overlap": 0.25}, [("warning", "25.0% of the test rows are not later")]),
        ({"time_overlap": 0.0}, []),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = describe_pitfalls(replace(EVALUATION, **changes))
    if not expected:
        assert [level for level, _ in found] == ["good"]
    assert len(found) == max(len(expected), 1)
    for (level, text), (wanted, words) in zip(found, expected, strict=False):
        assert level == wanted
        assert words in text


def test_planted_pitfalls_are_on_the_page(trained: Callable) -> None:
    """Colour is not needed, the signal is nearly all, and the search promised too much."""
    lineage = {"trials": 7, "cross_validated": {"score": 0.999}}
    case = trained(BINARY, threshold=0.5, lineage=lineage)
    run(**case.paths, seed=0)
    page = Path(case.paths["report"]).read_text(encoding="utf-8")
    assert "Cross-validated on the training rows, ROC AUC was 0.999" in page
    assert "signal alone carries the model" in page
    assert "colour" in page.partition("can be shuffled without a loss that shows")[2][:40]


@pytest.mark.parametrize(("first_day", "is_told"), [("2024-01-01", True), ("2025-06-01", False)])
def test_test_rows_of_the_time_of_the_training_rows_are_told(
    trained: Callable, first_day: str, is_told: bool
) -> None:
    case = trained({**BINARY, "event_time": "day"}, threshold=0.5)
    for name, start in (("train", "2024-01-01"), ("test", first_day)):
        folder = Path(case.paths[name])
        for file in folder.glob("*.parquet"):
            table = pd.read_parquet(file)
            days = pd.Timestamp(start) + pd.to_timedelta(np.arange(len(table)), unit="D")
            table.assign(day=days.astype("datetime64[us]")).to_parquet(file)
    run(**case.paths, seed=0)
    page = Path(case.paths["report"]).read_text(encoding="utf-8")
    assert ("of the test rows are not later than the last training row" in page) is is_told
