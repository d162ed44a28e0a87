from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from components._problem.spec import Problem
from components._table.kinds import Kind
from components.eda import explored_rows
from components.eda.summaries import summarise_columns
from components.eda.target import Target
from components.eda.target_conflicts import ConflictInfo, compute_best_roc_auc, find_target_conflicts
from tests.explored_rows import BINARY, REGRESSION, open_explored_rows

MULTICLASS = Problem(target="y", task="multiclass", metric="accuracy", classes=("a", "b", "c"))
KINDS: dict[str, Kind] = {"x": "float", "plan": "string", "day": "datetime"}
DAY = pd.Timestamp(2026, 1, 1)
# Four groups: twins of one target, three rows of two, two with nulls, and a row by itself.
FRAME = pd.DataFrame(
    {
        "x": [1.0, 1.0, 2.0, 2.0, 2.0, np.nan, np.nan, 0.0],
        "plan": ["p", "p", "p", "p", "p", None, None, "q"],
        "day": [DAY] * 5 + [pd.NaT] * 2 + [DAY],
    }
)


def _find(frame: pd.DataFrame, targets: list[Any], problem: Problem) -> ConflictInfo | None:
    kinds: dict[str, Kind] = {**KINDS, "y": "float" if problem.kind == "regression" else "string"}
    with open_explored_rows(frame.assign(y=targets), kinds, problem) as rows:
        summaries = summarise_columns(rows, list(KINDS), kinds, seed=0, visit=lambda *_: None)
        return find_target_conflicts(rows, summaries, Target.from_rows(rows, problem))


def test_equal_rows_of_two_classes_bound_accuracy_and_roc_auc() -> None:
    y = ["no", "no", "yes", "yes", "no", "no", "yes", "yes"]
    found = _find(FRAME, y, BINARY)
    assert found is not None
    assert found[:4] == (8, 7, 5, 2)
    rates = [0, 0, 2 / 3, 2 / 3, 2 / 3, 1 / 2, 1 / 2, 1]
    area = roc_auc_score([label == "yes" for label in y], rates)
    assert found.best_scores == pytest.approx({"accuracy": 6 / 8, "ROC AUC": area})
    assert found.examples["Rows"].tolist() == [3, 2]
    assert found.examples["y of these rows"].tolist() == ["yes 2, no 1", "no 1, yes 1"]
    assert found.examples["x"].tolist()[0] == 2.0
    assert found.examples["plan"].tolist() == ["p", None]


def test_equal_rows_of_several_classes_bound_accuracy() -> None:
    found = _find(FRAME, ["a", "a", "a", "b", "c", "b", "b", "c"], MULTICLASS)
    assert found is not None
    assert found[:5] == (8, 7, 3, 1, {"accuracy": 6 / 8})
    assert found.examples["y of these rows"].tolist() == ["a 1, b 1, c 1"]


def test_equal_rows_bound_the_error_of_numbers() -> None:
    y = np.array([1.0, 1.0, 2.0, 4.0, 6.0, 5.0, 5.0, 9.0])
    found = _find(FRAME, y.tolist(), REGRESSION)
    assert found is not None
    assert found[:4] == (8, 7, 3, 1)
    assert found.best_scores == pytest.approx(
        {"RMSE": np.sqrt(8 / 8), "R²": 1 - 8 / ((y - y.mean()) ** 2).sum()}, rel=1e-6
    )
    assert found.examples["y of these rows"].tolist() == ["2 to 6, mean 4"]


def test_no_conflicts_are_said() -> None:
    found = _find(FRAME, ["no", "no", "yes", "yes", "yes", "no", "no", "yes"], BINARY)
    assert found is not None
    assert found[:5] == (8, 7, 0, 0, {})
    unique = _find(FRAME.assign(x=range(8)), ["no", "yes"] * 4, BINARY)
    assert unique is not None
    assert unique[:2] == (8, 0)
    with open_explored_rows(FRAME, KINDS, REGRESSION) as rows:
        assert find_target_conflicts(rows, [], Target.from_rows(rows, REGRESSION)) is None


def test_of_many_rows_a_part_is_grouped_in_which_equal_rows_are_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    values = np.repeat(random.normal(size=500), 4)
    frame = pd.DataFrame({"x": values, "plan": "p", "day": DAY})
    # In each group, one row of four is another.
    y = np.tile(["no", "no", "no", "yes"], 500).tolist()
    monkeypatch.setattr(explored_rows, "_MOST_GROUPED_ROWS", 1_000)
    found = _find(frame, y, BINARY)
    assert found is not None
    assert 800 < found.n_rows < 1_200
    assert found.n_conflicting == found.n_rows == 4 * found.n_groups
    assert found.best_scores == {"accuracy": 0.75, "ROC AUC": 0.5}


def test_groups_of_one_rate_are_tied() -> None:
    sizes, positives, counts = np.array([1, 2, 4]), np.array([1, 1, 2]), np.array([3, 2, 1])
    rows = [(1, [1.0])] * 3 + [(0.5, [1, 0])] * 2 + [(0.5, [1, 1, 0, 0])]
    y = [label for _, labels in rows for label in labels]
    scores = [rate for rate, labels in rows for _ in labels]
    assert compute_best_roc_auc(sizes, positives, counts) == pytest.approx(roc_auc_score(y, scores))
