from dataclasses import replace

import pytest

from components.monitor.drill import DrillDay
from components.monitor.record import MonitoringDecision
from pipelines.local.drill import describe_end, list_fired_alerts
from tests.pipelines.local.test_use_results import REPORT

CALM = replace(
    REPORT, loss=replace(REPORT.loss, budget=None), decision=MonitoringDecision("nothing", ("Why.",))
)
WORSE = replace(REPORT.performance, is_worse=True)


@pytest.mark.parametrize(
    ("report", "names"),
    [
        (CALM, []),
        (REPORT, ["TabularLossAboveBudget"]),
        (replace(REPORT, performance=WORSE), ["TabularLossAboveBudget", "TabularModelWorse"]),
        (replace(CALM, decision=MonitoringDecision("alert", ("Why.",))), ["TabularPolicyAlert"]),
    ],
)
def test_the_alerts_are_those_that_prometheus_makes_of_the_report(report: object, names: list[str]) -> None:
    assert [alert.name for alert in list_fired_alerts(report)] == names  # type: ignore[arg-type]


def test_the_end_says_day_decision_alert_runbook_and_owner() -> None:
    text = "\n".join(describe_end(DrillDay(3, REPORT), "Customer care"))
    for part in (
        "A day costs 820 EUR more than at training",
        "Decision on day 3 of the fault: alert.",
        "Alert TabularLossAboveBudget (warning, waits until the morning) reaches the data-scientist.",
        "docs/runbooks/TabularLossAboveBudget.md",
        "The model's owner is Customer care.",
        "Note: One file is damaged.",
    ):
        assert part in text


def test_a_fault_that_nobody_noticed_is_said() -> None:
    lines = list(describe_end(DrillDay(7, CALM), ""))
    assert lines[-1] == "Decision after 7 days of the fault: nothing. Why."
