from dataclasses import replace

import pytest

from components._metrics.estimate import Estimate
from components.monitor.record import Loss
from components.monitor.wording import describe_column_cost, describe_day
from tests.components.monitor.test_report import COLOUR, INCOME

LOSS = Loss("EUR", Estimate(820.4, 510.0, 1_130.0), "1,000 labelled rows", 500.0)


@pytest.mark.parametrize(
    ("per_day", "budget", "text"),
    [
        (
            Estimate(820.4, 510.0, 1_130.0), 500.0,
            "A day costs 820 EUR more than at training (95\u00a0% interval 510 to 1,130). The budget is",
        ),
        (
            Estimate(-20.0, -30.0, -10.0), None,
            "A day costs 20 EUR less than at training (95\u00a0% interval 10 to 30)",
        ),
        (Estimate(20.0, -30.0, 70.0), None, "A day costs about as much as at training: 20 EUR more"),
        (Estimate(-2.0), None, "A day costs about as much as at training: 2 EUR less."),
        (None, 500.0, "What the change costs is not known: 1,000 labelled rows."),
    ],
)  # fmt: skip
def test_a_day_costs_more_less_or_about_as_much(
    per_day: Estimate | None, budget: float | None, text: str
) -> None:
    assert describe_day(replace(LOSS, per_day=per_day, budget=budget)).startswith(text)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (Estimate(5.0, 1.0, 9.0), "costs 5 EUR per day (95\u00a0% interval 1 to 9)"),
        (Estimate(-5.0, -9.0, -1.0), "saves 5 EUR per day (95\u00a0% interval 1 to 9)"),
        (Estimate(5.0, -1.0, 9.0), "no cost that is more than chance: 5 EUR more per day"),
        (None, "its cost is not known"),
    ],
)
def test_a_column_costs_saves_or_neither(loss: Estimate | None, text: str) -> None:
    assert describe_column_cost(replace(INCOME, loss=loss), "EUR").startswith(text)


def test_a_column_that_the_model_does_not_use_costs_nothing() -> None:
    assert describe_column_cost(COLOUR, "EUR") == "costs nothing: the model does not use it"
