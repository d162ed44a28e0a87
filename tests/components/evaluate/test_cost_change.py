import numpy as np
import pytest

from components._problem.spec import Problem
from components.evaluate.cost_change import count_outcomes, describe_cost_change, find_cost_change
from components.evaluate.evaluation import CostChange

# 60 of 70 rows without the event, and 20 of 30 with it, are predicted right.
COUNTS = np.array([[60.0, 10.0], [10.0, 20.0]])
NEVER = "predicting '1' for no row is worth as much"
ALWAYS = "predicting '1' for every row is worth as much"


def _make_problem(value: dict[str, float], *gates: dict[str, object]) -> Problem:
    known = {"target": "y", "task": "binary", "metric": "value", "classes": (0, 1), "positive_label": 1}
    return Problem.model_validate({**known, "value": value, "gates": gates})


@pytest.mark.parametrize(
    ("value", "gates", "expected"),
    [
        # 20 x 30 - 10 x 40 is 200; at 20 x 20 it is 0.
        ({"tp": 30, "fp": -40}, [], CostChange("true positive", 30, 20, NEVER)),
        # 20 x 100 - 10 x 40 is 1600, and always 30 x 100 - 70 x 40 is 200.
        (
            {"tp": 100, "fp": -40},
            [],
            CostChange("false positive", -40, -40 + 1400 / 60, ALWAYS),
        ),
        ({"tp": 30, "fp": -40}, [1.9], CostChange("true positive", 30, 29.5, "the gate")),
        # It is worth less than never predicting the event.
        ({"tp": 10, "fp": -40}, [], None),
    ],
)
def test_the_smallest_change_that_flips_the_decision_is_found(
    value: dict[str, float], gates: list[float], expected: CostChange | None
) -> None:
    problem = _make_problem(value, *({"metric": "value", "min": least} for least in gates))
    found = find_cost_change(COUNTS, problem)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.outcome, found.worth, found.limit) == (
            expected.outcome,
            expected.worth,
            pytest.approx(expected.limit),
        )
        assert found.consequence.startswith(expected.consequence)


@pytest.mark.parametrize(
    "value", [{"tp": 30, "fp": -40}, {"tp": 100, "fp": -40}, {"tn": 3, "fn": -20, "fp": -1}]
)
def test_at_the_limit_the_decisions_are_worth_what_the_rival_is(value: dict[str, float]) -> None:
    found = find_cost_change(COUNTS, _make_problem(value))
    assert found is not None
    key = {"true positive": "tp", "false positive": "fp", "false negative": "fn", "true negative": "tn"}
    worth = {"tp": 0.0, "fp": 0.0, "fn": 0.0, "tn": 0.0, **value, key[found.outcome]: found.limit}
    total = 60 * worth["tn"] + 10 * worth["fp"] + 10 * worth["fn"] + 20 * worth["tp"]
    always, never = 70 * worth["fp"] + 30 * worth["tp"], 70 * worth["tn"] + 30 * worth["fn"]
    assert total == pytest.approx(always if found.consequence == ALWAYS else never)


def test_a_change_is_told_with_its_size() -> None:
    (words,) = describe_cost_change(CostChange("false positive", -40.0, -60.0, NEVER))
    assert words.startswith(
        "If a false positive were worth -60.0 instead of -40.0 (50% more), predicting '1' for no"
    )
    assert describe_cost_change(None) == []


def test_outcomes_are_counted_by_weight() -> None:
    decisions, y = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    assert count_outcomes(decisions, y).tolist() == [[1, 1], [1, 1]]
    assert count_outcomes(decisions, y, np.array([0.5, 2.0, 1.0, 0.0])).tolist() == [[0.5, 2.0], [0.0, 1.0]]
