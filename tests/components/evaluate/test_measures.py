from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from components._metrics.estimate import Estimate
from components._problem.spec import Problem
from components.evaluate.contenders import Contender
from components.evaluate.evaluation import DecisionWorth
from components.evaluate.measures import compare_contenders, compute_worth


def _make_binary(metric: str, **more: Any) -> Problem:
    known = {"target": "y", "task": "binary", "classes": (0, 1), "positive_label": 1}
    return Problem.model_validate({**known, "metric": metric, **more})


def _make_contender(positive: Sequence[float], threshold: float | None = 0.5) -> Contender:
    return Contender("any", np.column_stack([1 - np.array(positive), positive]), threshold)


def test_the_main_metric_comes_first_then_value_and_the_gates() -> None:
    problem = _make_binary("neg_log_loss", value={"tp": 1}, gates=({"metric": "jaccard", "min": 0.1},))
    model = _make_contender([0.1, 0.9, 0.2, 0.7])
    found = compare_contenders(model, model, model, np.array([0, 1, 0, 1]), problem, seed=0)
    assert [measure.name for measure in found.measures[:4]] == ["log_loss", "value", "jaccard", "roc_auc"]


def test_errors_are_positive_and_a_difference_is_positive_where_the_model_is_better() -> None:
    y = np.array([0, 1] * 20)
    sure, unsure = _make_contender(np.where(y, 0.9, 0.1).tolist()), _make_contender([0.5] * 40)
    found = compare_contenders(sure, unsure, sure, y, _make_binary("neg_log_loss"), seed=0)
    main = found.measures[0]
    assert main.model is not None
    assert (main.model.value, main.baseline) == pytest.approx((-np.log(0.9), np.log(2)))
    difference = pytest.approx(np.log(2) + np.log(0.9))
    # Every row gains the same, so that the paired interval has no width, though each score's may have.
    assert found.over_baseline is not None
    assert (found.over_baseline.value, found.over_baseline.low, found.over_baseline.high) == (difference,) * 3
    assert found.over_simple == Estimate(0.0, 0.0, 0.0)


def test_a_main_metric_that_the_rows_leave_undefined_is_compared_with_nothing() -> None:
    model = _make_contender([0.1, 0.9, 0.2])
    found = compare_contenders(model, model, model, np.zeros(3, dtype=int), _make_binary("roc_auc"), seed=0)
    assert (found.measures[0].model, found.over_baseline, found.over_simple) == (None, None, None)
    assert [m.name for m in found.measures if m.model] == ["log_loss", "brier_score", "accuracy"]


def test_worth_is_a_sum_beside_deciding_always_and_never() -> None:
    value = _make_binary("value", value={"tp": 100, "fp": -10, "fn": -50}).value
    assert value is not None
    found = compute_worth(_make_contender([0.9, 0.1, 0.6, 0.2]), np.array([1, 1, 0, 0]), value)
    assert found == DecisionWorth(total=100 - 50 - 10, always=200 - 20, never=-100)


def test_heavy_rows_count_more() -> None:
    y = np.array([0, 1] * 40)
    # Right in all rows but the last twenty, which hardly count.
    is_right = np.arange(80) < 60
    model = _make_contender(np.where(y == is_right, 0.9, 0.1).tolist())
    weights = np.where(is_right, 1.3, 0.1)
    problem = _make_binary("accuracy", value={"tp": 1, "tn": 1})
    main = compare_contenders(model, model, model, y, problem, 0, weights).measures[0].model
    assert main is not None
    assert main.low is not None
    assert main.value == pytest.approx(78 / 80)
    assert main.low > 0.9
    assert problem.value is not None
    assert compute_worth(model, y, problem.value, weights).total == pytest.approx(78)
