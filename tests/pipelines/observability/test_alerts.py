"""Each alert, tried by promtool: it fires when it should, and is silent when not, and others stay silent."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.catalogue import ROOT
from pipelines.observability.alerts import list_alerts
from pipelines.observability.objectives import Clock
from pipelines.observability.rules import RUNBOOKS, build_groups
from tests.pipelines.observability.series import (
    CONTAINER,
    SERVED,
    TaskPod,
    make_cron,
    make_failed_run,
    make_info,
    make_monitor,
    make_requests,
)
from tests.prometheus import check_rules, try_rules

ALERTS = list_alerts(Clock())
# Series are given for each minute; so many minutes.
HOUR, DAY = 60, 1_440
ALIVE = {"tabular_monitor_looked_timestamp_seconds": "0+60x20000"}
TUNE, RESULT, TRAIN = (
    TaskPod("1", "tune", "Failed"),
    TaskPod("2", "tune-result", "Succeeded"),
    TaskPod("3", "train", "Failed"),
)


class Case(NamedTuple):
    """Series with their values, and the alerts that fire after so many minutes."""

    title: str
    series: dict[str, str]
    minutes: int
    firing: set[str]


def make_rising(per_minute: float, start: float = 0.0) -> str:
    return f"{start:g}+{per_minute:g}x20000"


def make_constant(value: float) -> str:
    return f"{value:g}x20000"


def make_slow(slow: float, quick: float) -> dict[str, str]:
    """Return the histogram of requests, so many of each kind a minute."""
    name = "tabular_request_seconds"
    return {
        f'{name}_bucket{{{SERVED},le="0.25"}}': make_rising(quick),
        f'{name}_bucket{{{SERVED},le="+Inf"}}': make_rising(quick + slow),
        f"{name}_count{{{SERVED}}}": make_rising(quick + slow),
    }


def make_failing(failed: float, answered: float) -> dict[str, str]:
    return {make_requests("failed"): make_rising(failed), make_requests("answered"): make_rising(answered)}


def make_use(cpu_share: float, memory_share: float) -> dict[str, str]:
    """Return the use of a server that may use one processor and 1,000 bytes."""
    limit = f"kube_pod_container_resource_limits{{{CONTAINER},resource="
    return {
        make_info(): make_constant(1),
        f"container_cpu_usage_seconds_total{{{CONTAINER}}}": make_rising(60 * cpu_share),
        f"container_memory_working_set_bytes{{{CONTAINER}}}": make_constant(1_000 * memory_share),
        f'{limit}"cpu"}}': make_constant(1),
        f'{limit}"memory"}}': make_constant(1_000),
    }


def make_loss(loss: float, budget: float | None = 100.0, **more: str) -> dict[str, str]:
    series = {make_monitor("loss_per_day", bound="value"): make_constant(loss)}
    if budget is not None:
        series[make_monitor("budget_per_day")] = make_constant(budget)
    return {**series, **more}


def make_decision(action: str) -> dict[str, str]:
    actions = ("nothing", "alert", "retrain")
    return {make_monitor("decision", decision=each): make_constant(each == action) for each in actions}


def make_truth(truth: str, row: str) -> dict[str, str]:
    return {
        make_monitor("newest_truth_timestamp_seconds"): truth,
        make_monitor("newest_row_timestamp_seconds"): row,
    }


def make_pods(*pods: TaskPod) -> dict[str, str]:
    return {series: make_constant(1) for pod in pods for series in pod.list_series()}


# Nothing until the hundredth minute, then the run has failed.
FAILED = {make_failed_run(): "_x99 1x20000"}
CASES = [
    Case("nothing at all", {}, 2 * HOUR, set()),
    # An error budget of 0.1 %.
    Case("no errors", make_failing(0, 600), 4 * DAY, set()),
    Case("an outage", make_failing(60, 540), 30, {"TabularErrorsFast", "TabularErrorsSlow"}),
    Case(
        "a budget used 20 times", make_failing(12, 588), 2 * HOUR, {"TabularErrorsFast", "TabularErrorsSlow"}
    ),
    Case(
        "a budget used 7 times",
        make_failing(4.2, 595.8),
        7 * HOUR,
        {"TabularErrorsFast", "TabularErrorsSlow"},
    ),
    Case("a budget used 4 times", make_failing(2.4, 597.6), 2 * DAY, {"TabularErrorsSlow"}),
    Case("a budget used twice", make_failing(1.2, 598.8), 4 * DAY, {"TabularErrorsSlow"}),
    Case("a budget used half", make_failing(0.3, 599.7), 4 * DAY, set()),
    Case("one failed request of ten", make_failing(0.01, 0.1), 4 * HOUR, set()),
    Case(
        "an outage that is over",
        {make_requests("failed"): "0+60x20 1200x20000", make_requests("answered"): make_rising(540)},
        HOUR,
        {"TabularErrorsSlow"},
    ),
    Case(
        "clients' mistakes",
        {make_requests("invalid_input"): make_rising(300), make_requests("answered"): make_rising(300)},
        4 * DAY,
        set(),
    ),
    # A latency budget of 1 %.
    Case("quick answers", make_slow(0, 600), 4 * DAY, set()),
    Case("slow answers", make_slow(300, 300), 30, {"TabularLatencyFast", "TabularLatencySlow"}),
    Case("4 % are slow", make_slow(24, 576), 2 * DAY, {"TabularLatencySlow"}),
    Case("0.5 % are slow", make_slow(3, 597), 4 * DAY, set()),
    Case("busy processors", make_use(0.95, 0.5), HOUR, {"TabularCpuSaturated"}),
    Case("busy processors, not for long", make_use(0.95, 0.5), 15, set()),
    Case("nearly all memory", make_use(0.5, 0.95), HOUR, {"TabularMemorySaturated"}),
    Case("room enough", make_use(0.8, 0.8), HOUR, set()),
    Case(
        "another program's pod",
        {series: values for series, values in make_use(0.99, 0.99).items() if "tabular" not in series},
        HOUR,
        set(),
    ),
    Case(
        "a log that loses rows",
        {f'tabular_log_rows_total{{{SERVED},outcome="lost"}}': make_rising(1)},
        HOUR,
        {"TabularLogLosesRows"},
    ),
    Case(
        "a log that samples",
        {
            f'tabular_log_rows_total{{{SERVED},outcome="lost"}}': make_constant(7),
            f'tabular_log_rows_total{{{SERVED},outcome="sampled_out"}}': make_rising(60),
        },
        HOUR,
        set(),
    ),
    Case(
        "a canary that stays",
        {make_info(): make_constant(1), make_info("4", "churn-canary", "b"): make_constant(1)},
        3 * HOUR,
        {"TabularCanaryStuck"},
    ),
    Case(
        "two revisions that stay",
        {make_info(): make_constant(1), make_info("4", pod="b"): make_constant(1)},
        3 * HOUR,
        {"TabularCanaryStuck"},
    ),
    Case("a rollout", {make_info(): make_constant(1), make_info("4", pod="b"): "1x60"}, 3 * HOUR, set()),
    Case(
        "two servers of one version",
        {make_info(): make_constant(1), make_info(pod="b"): make_constant(1)},
        3 * HOUR,
        set(),
    ),
    Case("a loss above the budget", make_loss(120), HOUR, {"TabularLossAboveBudget"}),
    Case("a loss within the budget", make_loss(99), HOUR, set()),
    Case("a loss without a budget", make_loss(120, None), HOUR, set()),
    Case(
        "a loss above the budget, of which the policy alerts, too",
        {**make_loss(120), **make_decision("alert")},
        HOUR,
        {"TabularLossAboveBudget"},
    ),
    Case(
        "a policy that alerts for another reason",
        {**make_loss(50), **make_decision("alert")},
        HOUR,
        {"TabularPolicyAlert"},
    ),
    Case("a policy that retrains", {**make_loss(50), **make_decision("retrain")}, HOUR, set()),
    Case("a policy that does nothing", make_decision("nothing"), HOUR, set()),
    Case(
        "a model that got worse",
        {make_monitor("worse"): make_constant(1), **make_decision("alert")},
        HOUR,
        {"TabularModelWorse"},
    ),
    Case("a model that did not", {make_monitor("worse"): make_constant(0)}, HOUR, set()),
    Case(
        "an old report",
        {make_monitor("report_timestamp_seconds"): make_constant(0)},
        2 * DAY + HOUR,
        {"TabularMonitoringStale"},
    ),
    Case(
        "yesterday's report", {make_monitor("report_timestamp_seconds"): make_constant(0)}, DAY + HOUR, set()
    ),
    Case(
        "no exporter", {"tabular_monitor_looked_timestamp_seconds": "_x20000"}, HOUR, {"TabularExporterDown"}
    ),
    Case(
        "an exporter that cannot read",
        {"tabular_monitor_looked_timestamp_seconds": make_constant(0)},
        HOUR,
        {"TabularExporterDown"},
    ),
    Case(
        "an exporter that is moved",
        {"tabular_monitor_looked_timestamp_seconds": "0+60x57 _x6 3840+60x2000"},
        65,
        set(),
    ),
    Case("truth that stops", make_truth(make_constant(0), make_rising(60)), 8 * DAY, {"TabularTruthLate"}),
    Case("truth that stops, for two days", make_truth(make_constant(0), make_rising(60)), 2 * DAY, set()),
    Case(
        "truth that is a month late",
        make_truth(make_rising(60, -30 * 86_400), make_rising(60)),
        9 * DAY,
        set(),
    ),
    Case("no rows and no truth", make_truth(make_constant(0), make_constant(100)), 9 * DAY, set()),
    Case(
        "a schedule that starts nothing",
        {make_cron("schedule"): make_constant(600), make_cron("successful"): make_constant(0)},
        HOUR,
        {"TabularScheduleFailed"},
    ),
    Case(
        "a schedule that never started anything",
        {make_cron("schedule"): make_constant(600)},
        HOUR,
        {"TabularScheduleFailed"},
    ),
    Case(
        "a schedule that works",
        {make_cron("schedule"): make_constant(600), make_cron("successful"): make_constant(660)},
        HOUR,
        set(),
    ),
    Case(
        "a schedule that is starting",
        {make_cron("schedule"): make_constant(600), make_cron("successful"): make_constant(0)},
        10,
        set(),
    ),
    Case("a run that failed", {**FAILED, **make_pods(RESULT, TRAIN)}, 2 * HOUR, {"TabularRunFailed"}),
    Case("a run that failed two hours ago", {**FAILED, **make_pods(RESULT, TRAIN)}, 4 * HOUR, set()),
    Case(
        "a run of others that failed",
        {**FAILED, **make_pods(TRAIN._replace(part_of="other"))},
        2 * HOUR,
        set(),
    ),
    Case("a run whose pod was started again", make_pods(TUNE, RESULT, TRAIN), 2 * HOUR, set()),
    Case("a sweep that failed", {**FAILED, **make_pods(TUNE)}, 2 * HOUR, {"TabularSweepFailed"}),
    Case(
        "a run that failed after its sweep",
        {**FAILED, **make_pods(TUNE, RESULT, TRAIN)},
        2 * HOUR,
        {"TabularRunFailed"},
    ),
]


def make_test(case: Case) -> dict[str, Any]:
    series = {**ALIVE, **case.series}
    return {
        "name": case.title,
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{case.minutes}m",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(case.firing)
                ],
            }
        ],
    }


def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    assert re.search(r"SUCCESS: \d+ rules found", check_rules(tmp_path, build_groups(Clock())))


def test_promtool_does_not_take_what_is_wrong(tmp_path: Path) -> None:
    groups = build_groups(Clock())
    groups[0]["rules"][0]["expr"] += ")"
    with pytest.raises(AssertionError, match="parse error"):
        check_rules(tmp_path, groups)


@pytest.mark.slow_variants
@pytest.mark.parametrize("case", [case for case in CASES if case.minutes < DAY], ids=lambda case: case.title)
def test_what_fires_within_a_day(case: Case, tmp_path: Path) -> None:
    try_rules(tmp_path, build_groups(Clock()), [make_test(case)])


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.minutes >= DAY], ids=lambda case: case.title)
def test_what_fires_after_days(case: Case, tmp_path: Path) -> None:
    try_rules(tmp_path, build_groups(Clock()), [make_test(case)])


def test_a_wrong_expectation_is_a_failure(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.title == "a loss above the budget")
    with pytest.raises(AssertionError, match="FAILED"):
        try_rules(tmp_path, build_groups(Clock()), [make_test(case._replace(firing=set()))])


def test_every_alert_is_seen_firing() -> None:
    assert {alert.name for alert in ALERTS} == {name for case in CASES for name in case.firing}


def test_a_message_names_the_model_and_the_most_costly_column(tmp_path: Path) -> None:
    series = {
        **make_loss(120.5),
        make_monitor("column_loss_per_day", column="age"): make_constant(90),
        make_monitor("column_loss_per_day", column="city"): make_constant(30),
    }
    test = make_test(Case("", series, HOUR, set()))
    test["alert_rule_test"] = [
        {
            "eval_time": "60m",
            "alertname": "TabularLossAboveBudget",
            "exp_alerts": [
                {
                    "exp_labels": {
                        "severity": "warning",
                        "owner": "data-scientist",
                        "namespace": "kubeflow",
                        "model": "churn",
                        "version": "3",
                    },
                    "exp_annotations": {
                        "summary": "The model churn costs more than its budget",
                        "description": "A day with the model churn, version 3, costs 120.5 more than at "
                        "training, in the unit of its report, which is above the budget. The most costly "
                        "column is age.",
                        "runbook_url": f"{RUNBOOKS}/TabularLossAboveBudget.md",
                    },
                }
            ],
        }
    ]
    del test["promql_expr_test"]
    try_rules(tmp_path, build_groups(Clock()), [test])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_that_names_its_owner(alert) -> None:
    text = (ROOT / "docs" / "runbooks" / f"{alert.name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name}\n")
    assert f"**owner:** {alert.owner.replace('-', ' ')}" in text.lower()
    assert f"**Severity:** {alert.severity}" in text
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Meaning", "Check", "Mend"]


def test_there_is_no_runbook_without_an_alert() -> None:
    names = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert names == {alert.name for alert in ALERTS}


def test_only_what_hurts_users_now_wakes_somebody() -> None:
    critical = {alert.name for alert in ALERTS if alert.severity == "critical"}
    assert critical == {"TabularErrorsFast", "TabularLatencyFast"}


def test_the_page_lists_every_alert_with_its_severity() -> None:
    page = (ROOT / "docs" / "monitoring-prometheus.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \|", page, flags=re.MULTILINE)
    assert sorted(rows) == sorted((alert.name, alert.name, alert.severity) for alert in ALERTS)
