import pytest

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import Measure
from components.evaluate.number_format import (
    describe_direction,
    format_estimate,
    format_interval,
    format_two_figures,
)


@pytest.mark.parametrize(
    ("estimate", "interval", "text"),
    [
        (Estimate(0.81234, 0.7, 0.9), "0.7 to 0.9", "0.8123 (95 % interval 0.7 to 0.9)"),
        (Estimate(0.5), "too few rows to tell", "0.5"),
    ],
)
def test_an_estimate_has_its_interval(estimate: Estimate, interval: str, text: str) -> None:
    assert format_interval(estimate) == interval
    assert format_estimate(estimate) == text


def test_no_estimate_has_a_dash() -> None:
    assert format_interval(None) == "–"


@pytest.mark.parametrize(
    ("scorer", "direction"), [("roc_auc", "larger"), ("neg_root_mean_squared_error", "smaller")]
)
def test_a_direction_is_that_of_the_metric(scorer: str, direction: str) -> None:
    assert describe_direction(Measure(scorer, None, None, None)) == direction


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (0.80812, 0.78931, "0.808 against 0.789"),
        (0.80812, 0.80784, "0.8081 against 0.8078"),
        (0.8, 0.8, "0.8 against 0.8"),
        (12345.6, 12399.2, "12,346 against 12,399"),
        (0.1 + 0.2, 0.3, "0.3 against 0.3"),
    ],
)
def test_two_figures_have_the_digits_that_tell_them_apart(ours: float, theirs: float, expected: str) -> None:
    assert format_two_figures(ours, theirs) == expected
