"""A real Prometheus, with a real server and the real exporter; what only a cluster has is a stand-in.

The rules are those of production with durations sixty times shorter: a minute is a second.
"""

import functools
import json
import math
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from components._metrics.estimate import Estimate
from components.monitor.record import MonitoringReport
from pipelines.catalogue import ROOT
from pipelines.observability.dashboards import build_dashboards
from pipelines.observability.objectives import LEAST_BAD, Clock
from pipelines.observability.rules import build_groups
from tests.components.monitor.reports import make_report
from tests.components.serve.models import PREDICT, ROW, write_model
from tests.loopback import Handler, serve_http
from tests.model_server import run_model_server
from tests.pipelines.observability.series import (
    CONTAINER,
    POD,
    TaskPod,
    make_cron,
    make_failed_run,
)
from tests.prometheus import LocalPrometheus, run_prometheus, wait_until
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

SHORT = Clock(1 / 60)
# Of many rows, explained: it takes far longer than the 0.25 s of the objective.
HEAVY = {"instances": [ROW] * 10_000, "parameters": {"explain": True}}
LIGHT = {"instances": [ROW]}
QUERIES = [
    (dashboard, panel["title"], target["expr"])
    for dashboard, content in build_dashboards().items()
    for panel in content["panels"]
    for target in panel["targets"]
]


class Stage(NamedTuple):
    """All that runs, and what a test may do with it."""

    prometheus: LocalPrometheus
    server: httpx.Client
    reports: Path


def write_report(folder: Path, report: MonitoringReport) -> None:
    """Write a report that is newer than all before."""
    name = f"{time.time():.3f}.json"
    (folder / name).write_text(report.to_json(), encoding="utf-8")


def make_present_report(loss: float, action: Any = "nothing") -> MonitoringReport:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = make_report(model="churn", made=now, end=now, newest_truth=now)
    return replace(
        report,
        loss=replace(report.loss, per_day=Estimate(loss, loss - 1, loss + 1)),
        decision=replace(report.decision, action=action),
    )


def list_cluster_series() -> str:
    """Return what exporters of a cluster say, as text."""
    second = time.monotonic()
    # A failed run is news for a minute here, so there is a new one every half minute.
    run = f"training-{int(second) // 30}"
    values = {
        f"container_cpu_usage_seconds_total{{{CONTAINER}}}": second / 2,
        f"container_memory_working_set_bytes{{{CONTAINER}}}": 500,
        f'kube_pod_container_resource_limits{{{CONTAINER},resource="cpu"}}': 1,
        f'kube_pod_container_resource_limits{{{CONTAINER},resource="memory"}}': 1_000,
        make_cron("schedule"): time.time() - 60,
        make_cron("successful"): time.time() - 30,
        'argo_workflows_gauge{status="Running"}': 2,
        'argo_workflows_total_count{namespace="kubeflow",phase="Succeeded"}': second // 10,
        'argo_workflows_pods_gauge{phase="Pending"}': 3,
        make_failed_run(run): 1,
        f'tabular_log_rows_total{{namespace="kubeflow",pod="{POD}",model="churn",outcome="kept"}}': second,
    }
    for pod in (TaskPod("1", "tune-result", "Succeeded", run=run), TaskPod("2", "train", "Failed", run=run)):
        values |= dict.fromkeys(pod.list_series(), 1)
        labels = f'namespace="kubeflow",pod="{pod.run}-{pod.name}"'
        values |= {
            f"kube_pod_start_time{{{labels}}}": time.time() - 90,
            f"kube_pod_completion_time{{{labels}}}": time.time() - 30,
        }
    return "".join(f"{name} {value}\n" for name, value in values.items())


class ClusterHandler(Handler):
    """A stand-in for cAdvisor, kube-state-metrics, Argo's controller and Kubeflow's API."""

    def do_GET(self) -> None:
        self.reply(200, list_cluster_series().encode(), {"Content-Type": "text/plain; version=0.0.4"})


@contextmanager
def run_exporter(folder: Path) -> Iterator[int]:
    port = find_free_port()
    # The pause between looks is a minute, which is too long for a test.
    code = "from components.monitor import exporter; exporter._PAUSE = 0.5; exporter.main()"
    words = [sys.executable, "-c", code, "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    model, monitoring, work = (
        tmp_path_factory.mktemp(name) for name in ("model", "monitoring", "prometheus")
    )
    write_model(model, threshold=0.4)
    reports = monitoring / "churn" / "reports"
    reports.mkdir(parents=True)
    with (
        run_model_server(model, name="small") as server,
        run_exporter(monitoring) as exporter,
        serve_http(ClusterHandler) as cluster,
    ):
        targets = {
            server.url.removeprefix("http://"): {
                "job": "serving",
                "namespace": "kubeflow",
                "pod": POD,
                "model": "churn",
            },
            f"127.0.0.1:{exporter}": {"job": "exporter", "namespace": "kubeflow"},
            cluster.removeprefix("http://"): {"job": "cluster"},
        }
        with (
            run_prometheus(work, targets, build_groups(SHORT)) as prometheus,
            httpx.Client(base_url=server.url, timeout=120) as client,
        ):
            yield Stage(prometheus, client, reports)


def ask(stage: Stage, body: dict[str, Any]) -> None:
    stage.server.post(PREDICT, json=body).raise_for_status()


@contextmanager
def keep_asking(stage: Stage) -> Iterator[None]:
    """Send light requests, one after another, for the length of a block."""
    is_over = threading.Event()

    def send() -> None:
        while not is_over.wait(0.05):
            ask(stage, LIGHT)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        try:
            yield
        finally:
            is_over.set()
            sending.result()


@pytest.fixture(scope="module")
def load(stage: Stage) -> Iterator[None]:
    """Requests that go on until the last test."""
    with keep_asking(stage):
        yield


def keep_alert(stage: Stage, name: str, is_firing: bool) -> dict[str, Any]:
    """Wait until an alert fires, or fires no longer, and return it."""

    def look() -> dict[str, Any] | None:
        found = stage.prometheus.list_alerts().get(name)
        return (found or {}) if is_firing else ({"resolved": name} if not found else None)

    return wait_until(look, f"{name} {'fires' if is_firing else 'is over'}", 120) or {}


def test_quick_answers_alarm_nobody(stage: Stage) -> None:
    with keep_asking(stage):
        found = wait_until(
            lambda: stage.prometheus.query("model:tabular_latency:ratio_rate5m >= 0"), "requests are counted"
        )
    assert [series["metric"] for series in found] == [
        {"__name__": "model:tabular_latency:ratio_rate5m", "namespace": "kubeflow", "model": "churn"}
    ]
    assert not {name for name in stage.prometheus.list_alerts() if "Errors" in name or "Latency" in name}


def test_slow_answers_of_a_real_server_alarm_and_quick_ones_end_it(stage: Stage) -> None:
    for _ in range(LEAST_BAD + 3):
        ask(stage, HEAVY)
    alert = keep_alert(stage, "TabularLatencyFast", is_firing=True)
    assert alert["labels"]["severity"] == "critical"
    assert re.fullmatch(
        r"[\d.]+% of the requests to the model churn in kubeflow took longer than 0.25 s; 1.0% are accepted.",
        alert["annotations"]["description"],
    )
    with keep_asking(stage):
        keep_alert(stage, "TabularLatencyFast", is_firing=False)


def test_a_report_above_the_budget_alarms_and_a_better_one_ends_it(stage: Stage) -> None:
    write_report(stage.reports, make_present_report(120.0, "alert"))
    alert = keep_alert(stage, "TabularLossAboveBudget", is_firing=True)
    assert alert["annotations"]["description"].endswith("The most costly column is age.")
    assert "TabularPolicyAlert" not in stage.prometheus.list_alerts()
    write_report(stage.reports, make_present_report(20.0))
    keep_alert(stage, "TabularLossAboveBudget", is_firing=False)


def test_a_report_that_gets_old_alarms_and_a_new_one_ends_it(stage: Stage) -> None:
    old = replace(make_present_report(20.0), made="2026-01-01T00:00:00Z")
    write_report(stage.reports, old)
    keep_alert(stage, "TabularMonitoringStale", is_firing=True)
    write_report(stage.reports, make_present_report(20.0))
    keep_alert(stage, "TabularMonitoringStale", is_firing=False)


def fill_variables(expression: str) -> str:
    """Return a query as Grafana sends it when everything is chosen."""
    filled = expression.replace("$__rate_interval", "10s").replace("[1h]", "[1m]")
    return re.sub(r"\$(namespace|model)\b", ".*", filled)


@pytest.mark.usefixtures("load")
@pytest.mark.parametrize(("dashboard", "title", "expression"), QUERIES, ids=lambda value: value[:40])
def test_every_query_of_every_dashboard_has_a_value(
    stage: Stage, dashboard: str, title: str, expression: str
) -> None:
    query = fill_variables(expression)

    def find_numbers() -> list[float]:
        values = [float(series["value"][1]) for series in stage.prometheus.query(query)]
        return [value for value in values if not math.isnan(value)]

    assert wait_until(find_numbers, f"{title} of {dashboard} has a value")


@pytest.mark.usefixtures("load")
def test_every_choice_of_every_dashboard_has_values(stage: Stage) -> None:
    for content in build_dashboards().values():
        for variable in content["templating"]["list"][1:]:
            metric, label = re.findall(r"label_values\((\w+), (\w+)\)", json.dumps(variable["query"]))[0]
            assert wait_until(functools.partial(stage.prometheus.list_labels, label, metric), metric)
