from dataclasses import replace

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import DecisionWorth, GateResult, Measure
from tests.components.evaluate.test_report import EVALUATION


def test_an_error_is_shown_positive_and_smaller_is_better() -> None:
    error = Measure("neg_root_mean_squared_error", None, None, None)
    assert (error.name, error.title, error.is_error) == ("root_mean_squared_error", "RMSE", True)
    assert not Measure("roc_auc", None, None, None).is_error


def test_failures_and_undefined_metrics_are_named() -> None:
    evaluation = replace(
        EVALUATION,
        gates=(GateResult("a", 1.0, "1.0", True), GateResult("b", None, "–", False, "B is too low.")),
        measures=(*EVALUATION.measures, Measure("r2", None, None, None)),
    )
    assert evaluation.failures == ("B is too low.",)
    assert evaluation.undefined == ["R²"]
    assert evaluation.main.scorer == "roc_auc"


def test_the_metrics_are_all_figures_that_are_defined() -> None:
    assert EVALUATION.to_metrics() == {
        "roc_auc": 0.8,
        "roc_auc_low": 0.7,
        "roc_auc_high": 0.9,
        "baseline": 0.5,
        "simple": 0.7,
    }
    poor = replace(
        EVALUATION, measures=(Measure("r2", None, 0.1, None),), worth=DecisionWorth(5.0, 1.0, -2.0)
    )
    assert poor.to_metrics() == {
        "baseline": 0.1,
        "value_total": 5.0,
        "value_total_always": 1.0,
        "value_total_never": -2.0,
    }


def test_an_interval_that_is_not_known_is_no_metric() -> None:
    few = replace(EVALUATION, measures=(Measure("roc_auc", Estimate(0.8), None, None),))
    assert few.to_metrics() == {"roc_auc": 0.8}
