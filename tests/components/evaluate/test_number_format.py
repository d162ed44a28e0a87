import pytest

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import Measure
from components.evaluate.number_format import (
    describe_direction,
    format_alike,
    format_apart,
    format_estimate,
    format_figure,
    format_interval,
)


@pytest.mark.parametrize(
    ("estimate", "interval", "text"),
    [
        (Estimate(0.81234, 0.7, 0.9), "0.70 to 0.90", "0.81 (95 % interval 0.70 to 0.90)"),
        (
            Estimate(538_777.0, 526_040.0, 551_000.0),
            "526,000 to 551,000",
            "539,000 (95 % interval 526,000 to 551,000)",
        ),
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
    ("value", "estimate", "expected"),
    [
        (0.5, Estimate(0.81234, 0.78, 0.83), "0.500"),
        (0.81234, Estimate(0.81234), "0.812"),
        (None, Estimate(0.81234), "–"),
        (0.81234, None, "0.812"),
    ],
)
def test_a_figure_has_the_digits_of_the_interval(
    value: float | None, estimate: Estimate | None, expected: str
) -> None:
    assert format_figure(value, estimate) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([40_123.4, 0.005669, None], ["40,100", "0", "–"]),
        ([0.123, 0.00456], ["0.123", "0.005"]),
        ([0.0], ["0"]),
        ([], []),
    ],
)
def test_figures_of_one_unit_have_the_same_decimals(values: list[float | None], expected: list[str]) -> None:
    assert format_alike(values) == expected


@pytest.mark.parametrize(
    ("estimate", "other", "expected"),
    [
        (Estimate(0.80812), 0.78931, ("0.808", "0.789")),
        (Estimate(0.80812), 0.80784, ("0.8081", "0.8078")),
        (Estimate(0.80812, 0.75, 0.85), 0.80784, ("0.8081", "0.8078")),
        (Estimate(0.80812, 0.75, 0.85), 0.7, ("0.808", "0.700")),
        (Estimate(0.8), 0.8, ("0.8", "0.8")),
        (Estimate(12_345.6), 12_399.2, ("12,300", "12,400")),
        (Estimate(0.1 + 0.2), 0.3, ("0.3", "0.3")),
    ],
)
def test_two_figures_have_the_digits_that_tell_them_apart(
    estimate: Estimate, other: float, expected: tuple[str, str]
) -> None:
    assert format_apart(estimate, other) == expected
