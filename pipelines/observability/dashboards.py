"""The dashboards: the service, the model and the pipelines."""

from pipelines.observability.alerts import SATURATED
from pipelines.observability.objectives import BURNS, DAY, HOUR, MINUTE, OBJECTIVES, Objective
from pipelines.observability.panels import Json, Panel, Query, Variable, build_dashboard

_RATE = "[$__rate_interval]"
_SERVED = '{namespace=~"$namespace",model=~"$model"}'
_JUDGED = '{model=~"$model"}'
_TOP = 10
_PODS = 'kube_pod_labels{namespace=~"$namespace",label_app_kubernetes_io_part_of="kfp-tabular"}'
_STAGE = "label_app_kubernetes_io_component"
_WORKFLOW = "label_workflows_argoproj_io_workflow"


def build_dashboards() -> dict[str, Json]:
    """Return the dashboards by name."""
    return {
        "service": build_dashboard(
            "service",
            "kfp-tabular: service",
            "Requests to model servers, their answers, and what the servers use.",
            [
                Variable("namespace", "Namespace", "tabular_model_info"),
                Variable("model", "Model", "tabular_model_info"),
            ],
            _list_service_panels(),
        ),
        "model": build_dashboard(
            "model",
            "kfp-tabular: model",
            "What models are asked, what they answer, and what monitoring found in its latest report.",
            [
                Variable("namespace", "Namespace", "tabular_model_info"),
                Variable("model", "Model", "tabular_model_info"),
            ],
            _list_model_panels(),
        ),
        "pipelines": build_dashboard(
            "pipelines",
            "kfp-tabular: pipelines",
            "Runs on Kubeflow Pipelines, their stages, and the schedules that start them.",
            [Variable("namespace", "Namespace", "kube_pod_labels")],
            _list_pipeline_panels(),
        ),
    }


def _sum_rate(metric: str, by: str, labels: str = _SERVED) -> str:
    return f"sum by ({by}) (rate({metric}{labels}{_RATE}))"


def _list_service_panels() -> list[Panel]:
    errors, latency = OBJECTIVES
    return [
        Panel(
            "Models",
            "The models that answer, their versions, and how many servers each has.",
            "short",
            (
                Query(
                    f"count by (namespace, model, version, family, form) (tabular_model_info{_SERVED})",
                    "{{model}}",
                ),
            ),
            kind="table",
        ),
        Panel(
            "Requests",
            "Requests per second of each model, whatever their outcome.",
            "reqps",
            (Query(_sum_rate("tabular_requests_total", "model"), "{{model}}"),),
        ),
        Panel(
            "Requests by outcome",
            "Answered; refused for the client's mistake; failed, which is the server's own fault.",
            "reqps",
            (Query(_sum_rate("tabular_requests_total", "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "Requests by protocol",
            "V1 and V2 are JSON over HTTP. gRPC is slower.",
            "reqps",
            (Query(_sum_rate("tabular_requests_total", "protocol"), "{{protocol}}"),),
            stacked=True,
        ),
        Panel(
            "Time to answer",
            "Half, 95 % and 99 % of the requests are answered within this time.",
            "s",
            tuple(
                Query(
                    f"histogram_quantile({share}, {_sum_rate('tabular_request_seconds_bucket', 'le')})", name
                )
                for share, name in ((0.5, "half"), (0.95, "95 %"), (0.99, "99 %"))
            ),
        ),
        _make_ratio_panel("Failed requests", "Share of the requests that failed in the server.", errors),
        _make_ratio_panel("Slow requests", f"Share of the requests that {latency.bad}.", latency),
        _make_burn_panel("Use of the error budget", errors),
        _make_burn_panel("Use of the latency budget", latency),
        Panel(
            "Rows",
            "Rows per second that are predicted.",
            "rowsps",
            (Query(_sum_rate("tabular_request_rows_sum", "model"), "{{model}}"),),
        ),
        Panel(
            "Rows of a request",
            "Half and 99 % of the requests have at most so many rows.",
            "short",
            tuple(
                Query(f"histogram_quantile({share}, {_sum_rate('tabular_request_rows_bucket', 'le')})", name)
                for share, name in ((0.5, "half"), (0.99, "99 %"))
            ),
        ),
        Panel(
            "CPU",
            "CPU time that each server uses, as a share of what it may use. At 100 % requests wait.",
            "percentunit",
            (Query(f"pod:tabular_cpu:share_of_limit{_SERVED}", "{{pod}}"),),
            limit=SATURATED,
        ),
        Panel(
            "Memory",
            "Memory of each server, as a share of what it may use. At 100 % Kubernetes kills it.",
            "percentunit",
            (Query(f"pod:tabular_memory:share_of_limit{_SERVED}", "{{pod}}"),),
            limit=SATURATED,
        ),
    ]


def _make_ratio_panel(title: str, description: str, objective: Objective) -> Panel:
    return Panel(
        title,
        f"{description} {objective.share:.1%} are accepted, which is the line.",
        "percentunit",
        (Query(f"{objective.name_series('ratio', 5 * MINUTE)}{_SERVED}", "{{model}}"),),
        limit=objective.share,
    )


def _make_burn_panel(title: str, objective: Objective) -> Panel:
    (slow, *_), (fast, *_) = BURNS["Slow"][::-1], BURNS["Fast"]
    return Panel(
        title,
        f"Multiple of the accepted rate. At {slow.rate:g} the budget of 30 days lasts 30 days; "
        "above the line, an alert wakes somebody.",
        "none",
        tuple(
            Query(
                f"max by (model) ({objective.name_series('ratio', seconds)}{_SERVED}) / {objective.share:g}",
                f"{{{{model}}}} over {name}",
            )
            for seconds, name in ((HOUR, "1 h"), (6 * HOUR, "6 h"), (3 * DAY, "3 d"))
        ),
        limit=fast.rate,
    )


def _list_model_panels() -> list[Panel]:
    return [*_list_report_panels(), *_list_drift_panels(), *_list_answer_panels()]


def _list_report_panels() -> list[Panel]:
    monitor = "tabular_monitor_"
    return [
        Panel(
            "Decision",
            "What the policy decided in the latest report: nothing, alert or retrain.",
            "none",
            (
                Query(
                    f"max by (model, decision) ({monitor}decision{_JUDGED}) == 1", "{{model}}: {{decision}}"
                ),
            ),
            kind="stat",
            width=8,
        ),
        *(
            Panel(
                title,
                description,
                "s",
                (
                    Query(
                        f"time() - max by (model) ({monitor}{name}_timestamp_seconds{_JUDGED})", "{{model}}"
                    ),
                ),
                kind="stat",
                width=8,
                limit=limit,
            )
            for title, description, name, limit in (
                ("Age of the report", "Red from two days: monitoring does not run.", "report", 2 * DAY),
                (
                    "Age of the newest truth",
                    "How late it is depends on the problem.",
                    "newest_truth",
                    None,
                ),
            )
        ),
        Panel(
            "Loss per day",
            "By how much a day costs more than at training, in the unit of the report, with the bounds of "
            "its 95 % interval, and the budget.",
            "short",
            (
                Query(f"max by (model, bound) ({monitor}loss_per_day{_JUDGED})", "{{model}} {{bound}}"),
                Query(f"max by (model) ({monitor}budget_per_day{_JUDGED})", "{{model}} budget"),
            ),
        ),
        Panel(
            "Loss per day of each column",
            f"The {_TOP} columns whose drift costs most.",
            "short",
            (
                Query(
                    f"topk({_TOP}, max by (model, column) ({monitor}column_loss_per_day{_JUDGED}))",
                    "{{model}} {{column}}",
                ),
            ),
            kind="bargauge",
        ),
        Panel(
            "Metric",
            "The model's main metric at training, on rows with known truth, and estimated without it.",
            "short",
            (
                Query(
                    f'max by (model, metric, kind) ({monitor}metric{{model=~"$model",bound="value"}})',
                    "{{model}} {{metric}} {{kind}}",
                ),
            ),
        ),
        Panel(
            "Rows of the report",
            "Rows of the traffic (seen), of the log, and with known truth.",
            "short",
            (Query(f"max by (model, kind) ({monitor}rows{_JUDGED})", "{{model}} {{kind}}"),),
        ),
    ]


def _list_drift_panels() -> list[Panel]:
    monitor = "tabular_monitor_"
    return [
        Panel(
            "Drift of each column",
            f"The {_TOP} columns that drift most, in units of their threshold. Above 1 it counts, if it "
            "persists.",
            "none",
            (
                Query(
                    f"topk({_TOP}, max by (model, column) ({monitor}column_drift{_JUDGED}))",
                    "{{model}} {{column}}",
                ),
            ),
            limit=1,
        ),
        Panel(
            "Drift of the predictions",
            "In units of the threshold. Above 1 it counts, if it persists.",
            "none",
            (Query(f"max by (model) ({monitor}prediction_drift{_JUDGED})", "{{model}}"),),
            limit=1,
        ),
        Panel(
            "Columns whose drift persists",
            "Their number. What it costs is above: a column that the model hardly uses costs nothing.",
            "none",
            (Query(f"sum by (model) ({monitor}column_drifted{_JUDGED})", "{{model}}"),),
        ),
        Panel(
            "Damaged reports",
            "Reports newer than the one shown that cannot be read.",
            "none",
            (Query(f"max by (model) ({monitor}damaged_reports{_JUDGED})", "{{model}}"),),
        ),
    ]


def _list_answer_panels() -> list[Panel]:
    rows = _sum_rate("tabular_request_rows_sum", "model")
    return [
        Panel(
            "Rows of the inference log",
            "Rows per second that are kept, left out of the sample, or lost. No row should be lost.",
            "rowsps",
            (Query(_sum_rate("tabular_log_rows_total", "model, outcome"), "{{model}} {{outcome}}"),),
        ),
        Panel(
            "Predictions",
            "How predicted values spread: for a classification, the probability of the last class.",
            "short",
            (Query(f"sum by (le) (increase(tabular_prediction_bucket{_SERVED}{_RATE}))", "{{le}}"),),
            kind="heatmap",
        ),
        Panel(
            "Decisions",
            "Share of each class among the decisions. A regression has none.",
            "percentunit",
            (
                Query(
                    f"{_sum_rate('tabular_decisions_total', 'model, class')}"
                    f" / on (model) group_left () {_sum_rate('tabular_decisions_total', 'model')}",
                    "{{model}} {{class}}",
                ),
            ),
            stacked=True,
        ),
        *(
            Panel(
                title,
                f"{description} Share of the rows, for the {_TOP} columns with most.",
                "percentunit",
                (
                    Query(
                        f"topk({_TOP}, {_sum_rate(f'tabular_{name}_total', 'model, column')}"
                        f" / on (model) group_left () {rows})",
                        "{{model}} {{column}}",
                    ),
                ),
            )
            for title, description, name in (
                ("Nulls", "Cells without a value.", "nulls"),
                ("Values out of range", "Values that no training row had.", "out_of_range"),
                ("Unreadable values", "Values that cannot be read became null.", "unreadable"),
            )
        ),
    ]


def _list_pipeline_panels() -> list[Panel]:
    start, end = (f"max by (namespace, pod) (kube_pod_{name}_time)" for name in ("start", "completion"))
    join = f"* on (namespace, pod) group_left ({_STAGE}, {_WORKFLOW}) {_PODS}"
    failed = f'(kube_pod_status_phase{{phase="Failed"}} == 1) {join}'
    return [
        Panel(
            "Runs by state",
            "Workflows of all pipelines of the cluster that Argo knows, by its word for their state.",
            "none",
            (Query("sum by (status) (argo_workflows_gauge)", "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Runs that ended",
            "Workflows of all pipelines in the namespace that ended within the hour.",
            "none",
            (
                Query(
                    "sum by (phase) (increase(argo_workflows_total_count"
                    '{namespace=~"$namespace",phase=~"Succeeded|Failed|Error"}[1h]))',
                    "{{phase}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Pods of runs",
            "Pods of all workflows, by state. Many that are pending wait for room in the cluster.",
            "none",
            (Query("sum by (phase) (argo_workflows_pods_gauge)", "{{phase}}"),),
            stacked=True,
        ),
        Panel(
            "Runs that failed",
            "Runs of kfp-tabular that failed within the last hour.",
            "none",
            (Query('workflow:tabular_run_failed:recent{namespace=~"$namespace"}', "{{workflow}}"),),
            kind="table",
        ),
        Panel(
            "Time of runs",
            "From the start of a run's first pod to the end of its last one, while its pods exist.",
            "s",
            (
                Query(
                    f"max by ({_WORKFLOW}) ({end} {join}) - min by ({_WORKFLOW}) ({start} {join})",
                    f"{{{{{_WORKFLOW}}}}}",
                ),
            ),
            kind="bargauge",
        ),
        Panel(
            "Time of stages",
            "The longest pod of each stage, among the pods that still exist.",
            "s",
            (Query(f"max by ({_STAGE}) (({end} - {start}) {join})", f"{{{{{_STAGE}}}}}"),),
            kind="bargauge",
        ),
        Panel(
            "Pods that failed",
            "By stage. A pod that Argo started again counts, too.",
            "none",
            (Query(f"count by ({_STAGE}) ({failed})", f"{{{{{_STAGE}}}}}"),),
        ),
        Panel(
            "Schedules",
            "Time since the last Job of each CronJob that started a run.",
            "s",
            (
                Query(
                    'time() - cronjob:tabular_last:success{namespace=~"$namespace"}',
                    "{{namespace}} {{cronjob}}",
                ),
            ),
            kind="stat",
        ),
    ]
