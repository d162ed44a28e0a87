import pytest

from components._metrics.estimate import Estimate
from components._problem.spec import Problem
from components.evaluate.evaluation import GateResult, Measure
from components.evaluate.gates import judge_gates
from components.evaluate.measures import ContenderComparison

MEASURES = (
    Measure("roc_auc", Estimate(0.712, 0.7, 0.72), 0.5, 0.7),
    Measure("neg_log_loss", Estimate(0.4, 0.3, 0.5), 0.69, 0.41),
    Measure("recall", None, None, None),
)


def _judge(gates: list[dict[str, object]], over: Estimate | None = None) -> tuple[GateResult, ...]:
    problem = Problem.model_validate(
        {
            "target": "y",
            "task": "binary",
            "metric": "roc_auc",
            "classes": (0, 1),
            "positive_label": 1,
            "gates": gates,
        }
    )
    return judge_gates(ContenderComparison(MEASURES, over, None, 100), problem)


@pytest.mark.parametrize(
    ("gate", "value", "failure"),
    [
        ({"metric": "roc_auc", "min": 0.7}, 0.712, ""),
        ({"metric": "roc_auc", "min": 0.712}, 0.712, ""),
        (
            {"metric": "roc_auc", "min": 0.75},
            0.712,
            "On the test rows, ROC AUC is 0.712; the gate requires at least 0.75.",
        ),
        ({"metric": "log_loss", "max": 0.4}, 0.4, ""),
        (
            {"metric": "neg_log_loss", "max": 0.39},
            0.4,
            "On the test rows, log loss is 0.40; the gate requires at most 0.39.",
        ),
        (
            {"metric": "log_loss", "min": 0.45, "max": 0.5},
            0.4,
            "On the test rows, log loss is 0.40; the gate requires at least 0.45.",
        ),
        (
            {"metric": "recall", "min": 0.1},
            None,
            "On the test rows, recall is undefined; the gate requires a value.",
        ),
    ],
)
def test_a_gate_is_judged_with_errors_positive(
    gate: dict[str, object], value: float | None, failure: str
) -> None:
    (result,) = _judge([gate])
    assert (result.value, result.passed, result.failure) == (value, not failure, failure)


def test_every_gate_is_judged() -> None:
    results = _judge([{"metric": "roc_auc", "min": 0.9}, {"metric": "log_loss", "max": 0.1}])
    assert [result.passed for result in results] == [False, False]


@pytest.mark.parametrize(
    ("over", "value", "failure"),
    [
        (Estimate(0.212, 0.2, 0.22), 0.2, ""),
        (Estimate(0.212, 0.0, 0.4), 0.0, "better by 0.21, but the 95 % interval is 0.00 to 0.40"),
        (Estimate(-0.1, -0.2, 0.1), -0.2, "the model is not better"),
        (Estimate(0.212), 0.212, "too few rows to tell"),
        (None, None, "undefined"),
    ],
)
def test_without_gates_the_model_must_beat_the_baseline_by_more_than_chance(
    over: Estimate | None, value: float | None, failure: str
) -> None:
    (result,) = _judge([], over)
    assert (result.gate, result.value, result.passed) == ("0 < gain over the baseline", value, not failure)
    assert failure in result.failure
