"""The rules of Prometheus: series that are computed in advance, and the alerts."""

from typing import Any

from pipelines.observability.alerts import EVENT_SECONDS, Alert, list_alerts
from pipelines.observability.objectives import MINUTE, OBJECTIVES, WINDOWS, Clock

RUNBOOKS = "https://github.com/kfp-tabular/kfp-tabular/blob/main/docs/runbooks"
# KServe's container of a server.
_CONTAINER = 'container="kserve-container"'
_SERVERS = "group by (namespace, pod, model) (tabular_model_info)"
_MONITOR = "tabular_monitor_"
_BY_MODEL = "max by (namespace, model, version)"
# kube-state-metrics has a pod's labels only if it is told to, see docs.
_WORKFLOW = "label_workflows_argoproj_io_workflow"
_PARTS = f'kube_pod_labels{{label_app_kubernetes_io_part_of="kfp-tabular",{_WORKFLOW}!=""'

Rule = dict[str, Any]


def build_groups(clock: Clock) -> list[dict[str, Any]]:
    """Return the groups of rules, as a rule file of Prometheus has them.

    Parameters
    ----------
    clock : Clock
        Writes the durations: tests take shorter ones than production.
    """
    return [
        {
            "name": "kfp-tabular-service",
            "rules": [*_build_rate_rules(clock), *_build_saturation_rules(clock)],
        },
        {"name": "kfp-tabular-model", "rules": _build_model_rules()},
        {"name": "kfp-tabular-runs", "rules": _build_run_rules(clock)},
        {
            "name": "kfp-tabular-alerts",
            "rules": [_build_alert_rule(alert, clock) for alert in list_alerts(clock)],
        },
    ]


def _build_rate_rules(clock: Clock) -> list[Rule]:
    rules = []
    for objective in OBJECTIVES:
        for seconds in WINDOWS:
            name, window = objective.name_series("bad", seconds), clock.format(seconds)
            bad, every = (text.replace("%s", window) for text in (objective.bad_rate, objective.all_rate))
            rules += [
                _record(name, bad),
                _record(objective.name_series("ratio", seconds), f"{name} / ({every})"),
            ]
    return rules


def _build_saturation_rules(clock: Clock) -> list[Rule]:
    window = clock.format(5 * MINUTE)
    used = {
        "cpu": f"sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{{{_CONTAINER}}}[{window}]))",
        "memory": f"sum by (namespace, pod) (container_memory_working_set_bytes{{{_CONTAINER}}})",
    }
    limit = f"sum by (namespace, pod) (kube_pod_container_resource_limits{{{_CONTAINER},resource=%r}})"
    return [
        _record(
            f"pod:tabular_{resource}:share_of_limit",
            f"({query} / {limit % resource}) * on (namespace, pod) group_left (model) {_SERVERS}",
        )
        for resource, query in used.items()
    ]


def _build_model_rules() -> list[Rule]:
    loss = f'{_BY_MODEL} ({_MONITOR}loss_per_day{{bound="value"}})'
    return [
        _record("model:tabular_monitor_loss:above_budget", f"{loss} > {_BY_MODEL} ({_MONITOR}budget_per_day)")
    ]


def _build_run_rules(clock: Clock) -> list[Rule]:
    failed = "resource_manager_workflow_runs_failed"
    # Kubeflow's API counts a failed run until it is restarted or the run is deleted.
    recent = (
        f"max by (profile, workflow) ({failed}) > 0 unless "
        f"max by (profile, workflow) ({failed} offset {clock.format(EVENT_SECONDS)}) > 0"
    )
    sweep = f'{_PARTS},label_app_kubernetes_io_component=~"tune|tune-plan|tune-result"}}'
    result = f'{_PARTS},label_app_kubernetes_io_component="tune-result"}}'
    return [
        _record("workflow:tabular_pods:count", _count_pods(f"{_PARTS}}}")),
        # A pod that failed and was started again is not a failed sweep.
        _record(
            "workflow:tabular_sweep_pods:failed",
            f"{_count_pods(_join_phase(sweep, 'Failed'))}"
            f" unless on (namespace, workflow) {_count_pods(_join_phase(result, 'Succeeded'))}",
        ),
        _record(
            "workflow:tabular_run_failed:recent",
            f'max by (namespace, workflow) (label_replace({recent}, "namespace", "$1", "profile", "(.*)"))'
            " and on (namespace, workflow) workflow:tabular_pods:count",
        ),
        *(
            _record(f"cronjob:tabular_last:{name}", f'{metric}{{cronjob=~"kfp-tabular-.+"}}')
            for name, metric in (
                ("schedule", "kube_cronjob_status_last_schedule_time"),
                ("success", "kube_cronjob_status_last_successful_time"),
            )
        ),
    ]


def _join_phase(pods: str, phase: str) -> str:
    return f'({pods} * on (namespace, pod) group_left () (kube_pod_status_phase{{phase="{phase}"}} == 1))'


def _count_pods(pods: str) -> str:
    return f'count by (namespace, workflow) (label_replace({pods}, "workflow", "$1", "{_WORKFLOW}", "(.+)"))'


def _record(name: str, expression: str) -> Rule:
    return {"record": name, "expr": expression}


def _build_alert_rule(alert: Alert, clock: Clock) -> Rule:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        **({"for": clock.format(alert.seconds)} if alert.seconds else {}),
        "labels": {"severity": alert.severity, "owner": alert.owner},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{RUNBOOKS}/{alert.name}.md",
        },
    }
