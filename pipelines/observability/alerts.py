"""The alerts: when each fires, whom it concerns, and what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.observability.objectives import (
    BURNS,
    DAY,
    HOUR,
    LEAST_BAD,
    MINUTE,
    OBJECTIVES,
    Burn,
    Clock,
    Objective,
    Pace,
)

Severity = Literal["critical", "warning"]
Owner = Literal["data-scientist", "ml-engineer", "platform-engineer"]

SATURATED = 0.9
# Two reports of a daily schedule.
STALE_SECONDS = 2 * DAY
# So long without newer truth, while rows arrive.
LATE_SECONDS = 7 * DAY
# The exporter looks once a minute.
UNSEEN_SECONDS = 10 * MINUTE
# Longer than a rollout takes whose every step is watched for the 15 minutes that it may last.
ROLLOUT_SECONDS = 2 * HOUR
# An alert about an event that has no end, such as a failed run, ends after this.
EVENT_SECONDS = HOUR
# A CronJob's command is stopped after ten minutes.
SUBMIT_SECONDS = 15 * MINUTE
_BY_MODEL = "max by (namespace, model, version)"
_MONITOR = "tabular_monitor_"


@dataclass(frozen=True)
class Alert:
    """An alert, whose name is that of its runbook.

    Attributes
    ----------
    name : str
        Its name.
    severity : {"critical", "warning"}
        Critical wakes somebody; a warning can wait until the morning.
    owner : str
        Who mends it.
    expression : str
        When it fires.
    summary, description : str
        What it says, as a template of Prometheus.
    seconds : int
        How long the expression must hold.
    """

    name: str
    severity: Severity
    owner: Owner
    expression: str
    summary: str
    description: str
    seconds: int = 0


def list_alerts(clock: Clock) -> list[Alert]:
    """Return all alerts.

    Parameters
    ----------
    clock : Clock
        Writes the durations.
    """
    return [
        *_list_burn_alerts(clock),
        *_list_service_alerts(clock),
        *_list_model_alerts(),
        *_list_monitor_alerts(clock),
        *_list_run_alerts(),
    ]


def _list_burn_alerts(clock: Clock) -> Iterator[Alert]:
    severities: dict[Pace, Severity] = {"Fast": "critical", "Slow": "warning"}
    for objective in OBJECTIVES:
        for pace, pair in BURNS.items():
            yield Alert(
                f"Tabular{objective.title}{pace}",
                severities[pace],
                "ml-engineer",
                " or ".join(_make_burn_expression(objective, burn, clock) for burn in pair),
                "Too many requests to {{ $labels.model }} " + objective.bad,
                "{{ $value | humanizePercentage }} of the requests to the model {{ $labels.model }} in "
                f"{{{{ $labels.namespace }}}} {objective.bad}; {objective.share:.1%} are accepted.",
            )


def _make_burn_expression(objective: Objective, burn: Burn, clock: Clock) -> str:
    most = f"{burn.rate * objective.share:g}"
    bad, long, short = (
        objective.name_series("bad", burn.long),
        objective.name_series("ratio", burn.long),
        objective.name_series("ratio", burn.short),
    )
    n_bad = f"{bad} * {burn.long * clock.scale:g}"
    return f"({long} > {most} and {short} > {most} and {n_bad} >= {LEAST_BAD})"


def _list_service_alerts(clock: Clock) -> Iterator[Alert]:
    for title, name, what, remedy in (
        ("Cpu", "cpu", "CPU time", "Requests wait."),
        ("Memory", "memory", "memory", "Kubernetes kills a pod that needs more."),
    ):
        yield Alert(
            f"Tabular{title}Saturated",
            "warning",
            "platform-engineer",
            f"max by (namespace, model) (pod:tabular_{name}:share_of_limit) > {SATURATED}",
            f"A server of {{{{ $labels.model }}}} uses nearly all its {what}",
            f"A server of the model {{{{ $labels.model }}}} in {{{{ $labels.namespace }}}} uses "
            f"{{{{ $value | humanizePercentage }}}} of the {what} that it may use. {remedy}",
            15 * MINUTE,
        )
    yield Alert(
        "TabularLogLosesRows",
        "warning",
        "ml-engineer",
        'sum by (namespace, model) (rate(tabular_log_rows_total{outcome="lost"}'
        f"[{clock.format(10 * MINUTE)}])) > 0",
        "The inference log of {{ $labels.model }} loses rows",
        "The server of the model {{ $labels.model }} in {{ $labels.namespace }} loses "
        "{{ $value | humanize }} rows per second that belong into its log. Monitoring sees fewer rows.",
        10 * MINUTE,
    )
    yield Alert(
        "TabularCanaryStuck",
        "warning",
        "ml-engineer",
        'count by (namespace, model) (tabular_model_info{model=~".+-canary"})'
        " or count by (namespace, model) (count by (namespace, model, version) (tabular_model_info)) > 1",
        "A rollout of {{ $labels.model }} does not end",
        "Two versions of the model {{ $labels.model }} in {{ $labels.namespace }} are served for longer than "
        "a rollout takes.",
        ROLLOUT_SECONDS,
    )


def _list_model_alerts() -> Iterator[Alert]:
    model = "the model {{ $labels.model }}, version {{ $labels.version }},"
    costly = f"topk(1, {_MONITOR}column_loss_per_day{{model=%q}} > 0)"
    worst = (
        f'{{{{ range query (printf "{costly}" $labels.model) }}}}'
        " The most costly column is {{ .Labels.column }}.{{ end }}"
    )
    yield Alert(
        "TabularLossAboveBudget",
        "warning",
        "data-scientist",
        "model:tabular_monitor_loss:above_budget",
        "The model {{ $labels.model }} costs more than its budget",
        f"A day with {model} costs {{{{ $value | humanize }}}} more than at training, in the unit of its "
        f"report, which is above the budget.{worst}",
    )
    yield Alert(
        "TabularModelWorse",
        "warning",
        "data-scientist",
        f"{_BY_MODEL} ({_MONITOR}worse) == 1",
        "The model {{ $labels.model }} is worse than at training",
        f"On the rows whose truth is known, {model} is worse than at training by more than chance.",
    )
    yield Alert(
        "TabularPolicyAlert",
        "warning",
        "data-scientist",
        f'{_BY_MODEL} ({_MONITOR}decision{{decision="alert"}}) == 1'
        " unless on (namespace, model, version) model:tabular_monitor_loss:above_budget"
        f" unless on (namespace, model, version) {_BY_MODEL} ({_MONITOR}worse) == 1",
        "Monitoring wants somebody to look at {{ $labels.model }}",
        f"The policy decided to alert about {model} for another reason, which its report says.",
    )


def _list_monitor_alerts(clock: Clock) -> Iterator[Alert]:
    late = clock.format(LATE_SECONDS)
    truth, row = (f"{_BY_MODEL} ({_MONITOR}newest_{name}_timestamp_seconds" for name in ("truth", "row"))
    yield Alert(
        "TabularMonitoringStale",
        "warning",
        "ml-engineer",
        f"time() - {_BY_MODEL} ({_MONITOR}report_timestamp_seconds) > {STALE_SECONDS * clock.scale:g}",
        "The model {{ $labels.model }} is not monitored",
        "The latest report about the model {{ $labels.model }} is {{ $value | humanizeDuration }} old.",
        5 * MINUTE,
    )
    yield Alert(
        "TabularExporterDown",
        "warning",
        "platform-engineer",
        f"absent(time() - {_MONITOR}looked_timestamp_seconds < {UNSEEN_SECONDS * clock.scale:g})",
        "Monitoring reports do not reach Prometheus",
        "The exporter does not run, or cannot read the folder of reports. Alerts about models are silent.",
        5 * MINUTE,
    )
    yield Alert(
        "TabularTruthLate",
        "warning",
        "data-scientist",
        f"(time() - {truth})) and {truth}) == {truth} offset {late}) and {row}) > {row} offset {late})",
        "No newer truth for {{ $labels.model }}",
        "The newest known truth of the model {{ $labels.model }}, version {{ $labels.version }}, is "
        f"{{{{ $value | humanizeDuration }}}} old, and no newer one came for {late}, though rows did.",
        HOUR,
    )


def _list_run_alerts() -> Iterator[Alert]:
    yield Alert(
        "TabularScheduleFailed",
        "warning",
        "platform-engineer",
        "max by (namespace, cronjob) (cronjob:tabular_last:schedule)"
        " > max by (namespace, cronjob) (cronjob:tabular_last:success)"
        " or max by (namespace, cronjob) (cronjob:tabular_last:schedule)"
        " unless on (namespace, cronjob) cronjob:tabular_last:success",
        "The schedule {{ $labels.cronjob }} started no run",
        "The last Job of the CronJob {{ $labels.cronjob }} in {{ $labels.namespace }} did not start its run.",
        SUBMIT_SECONDS,
    )
    yield Alert(
        "TabularRunFailed",
        "warning",
        "ml-engineer",
        "workflow:tabular_run_failed:recent"
        " unless on (namespace, workflow) workflow:tabular_sweep_pods:failed",
        "The run {{ $labels.workflow }} failed",
        "The run {{ $labels.workflow }} in {{ $labels.namespace }} failed. Kubeflow's page of the run, and "
        "the message of the task notify, say at which stage and why.",
    )
    yield Alert(
        "TabularSweepFailed",
        "warning",
        "data-scientist",
        "workflow:tabular_run_failed:recent and on (namespace, workflow) workflow:tabular_sweep_pods:failed",
        "The sweep of the run {{ $labels.workflow }} failed",
        "The run {{ $labels.workflow }} in {{ $labels.namespace }} failed, because its sweep did.",
    )
