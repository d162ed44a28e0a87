import numpy as np
import pytest

from components._problem.monitoring import Monitoring
from components._problem.spec import OutcomeValue, Problem
from components.monitor.row_loss import build_row_loss

BINARY = Problem(target="y", task="binary", metric="roc_auc", classes=(0, 1), positive_label=1)
WORTH = BINARY.model_copy(update={"value": OutcomeValue(tp=100, fp=-10, fn=-50)})
COUNT = Problem(target="sales", task="regression", metric="neg_root_mean_squared_error")
THREE = Problem(target="y", task="multiclass", metric="neg_log_loss", classes=("a", "b", "c"))
# One row for each of tp, fp, fn and tn at the threshold 0.3.
OUTPUTS, TRUTH = np.array([[0.4], [0.4], [0.2], [0.2]]), np.array([1.0, 0.0, 1.0, 0.0])


def test_value_costs_minus_the_worth_of_the_outcome() -> None:
    loss = build_row_loss(WORTH, Monitoring(cost_per_error=7), 0.3)
    assert loss.compute(OUTPUTS, TRUTH).tolist() == [-100, 10, 50, 0]
    assert (loss.unit, loss.bounds) == ("units of value", (-100, 50))


@pytest.mark.parametrize(
    ("cost", "losses", "unit"),
    [(None, [0, 1, 1, 0], "wrong decisions"), (2.5, [0, 2.5, 2.5, 0], "units of cost")],
)
def test_without_value_wrong_decisions_cost(cost: float | None, losses: list[float], unit: str) -> None:
    loss = build_row_loss(BINARY, Monitoring(cost_per_error=cost), 0.3)
    assert loss.compute(OUTPUTS, TRUTH).tolist() == losses
    assert loss.unit == unit


def test_the_likeliest_of_three_classes_is_decided() -> None:
    loss = build_row_loss(THREE, Monitoring(), None)
    outputs = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert loss.compute(outputs, np.array([0.0, 1.0])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("cost", "losses", "unit"),
    [(None, [2, 1], "units of absolute error"), (3, [6, 3], "units of cost")],
)
def test_a_regression_costs_its_absolute_error(cost: float | None, losses: list[float], unit: str) -> None:
    loss = build_row_loss(COUNT, Monitoring(cost_per_error=cost), None)
    assert loss.compute(np.array([[5.0], [4.0]]), np.array([3.0, 5.0])).tolist() == losses
    assert loss.unit == unit


@pytest.mark.parametrize("problem", [WORTH, BINARY, THREE, COUNT])
def test_the_owner_may_name_the_unit(problem: Problem) -> None:
    assert build_row_loss(problem, Monitoring(unit="EUR"), None).unit == "EUR"
