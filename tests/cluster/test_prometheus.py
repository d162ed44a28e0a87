"""The components prometheus and grafana on a cluster: reports reach Prometheus, and an alert fires.

The operator that reads their objects is missing here; the tests do what it would do with them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from minio import Minio

from pipelines.image_names import ImageNames
from tests.cluster.definitions import PROMETHEUS_OPERATOR, install_definitions, read_definitions
from tests.cluster.inference_logs import BUCKET, list_last_days, store_log
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.pod_monitors import make_scrape_configs
from tests.cluster.probes import Probe, run_probes
from tests.cluster.prometheus import MONITORING, Prometheus, start_prometheus
from tests.cluster.registry import TrainedModel, fetch_held_out
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.docker_engine import needs_docker
from tests.manifests.builds import get_object, render_parts
from tests.manifests.test_network import NAME

pytestmark = [pytest.mark.cluster, needs_docker]

EXPORTER = "kfp-tabular-monitor-exporter"
# As the exporter's Deployment has it.
FOLDER = "models"
# The column that matters most to the sample's model; without it, a day costs more than the budget.
BROKEN = "contract"


def list_added_objects() -> list[Object]:
    """Return what the components add to the overlay kind."""
    image, _, tag = ImageNames.choose().name_image("monitor").rpartition(":")
    images = [{"name": "kfp-tabular-monitor", "newName": image, "newTag": tag}]
    # As docs/monitoring-prometheus.md says.
    labels = [{"pairs": {"release": "prometheus"}}]
    without, together = (
        list(yaml.load_all(text, yaml.CSafeLoader))
        for text in (
            render_parts(["overlays/kind"], parts, images=images, labels=labels)
            for parts in ([], ["prometheus", "grafana"])
        )
    )
    assert all(item in together for item in without), "a component changes an object of the overlay"
    return [item for item in together if item not in without]


@pytest.fixture(scope="module")
def added(suite: Kubectl) -> Iterator[list[Object]]:
    """The components' objects, which the cluster has taken."""
    with install_definitions(suite, read_definitions(PROMETHEUS_OPERATOR)):
        objects = list_added_objects()
        try:
            suite.apply(*objects, options=["--warnings-as-errors"])
            yield objects
        finally:
            suite.delete(*objects)


@pytest.fixture(scope="module")
def exporter(added: list[Object], suite: Kubectl) -> Object:
    """The exporter's pod, which is ready."""
    selector = f"{NAME}={EXPORTER}"
    return wait_for(
        lambda: next(filter(is_ready, suite.list("pods", NAMESPACE, selector)), None),
        180,
        "the exporter is ready",
    )


@pytest.fixture(scope="module")
def prometheus(added: list[Object], suite: Kubectl) -> Iterator[Prometheus]:
    """A Prometheus with the components' jobs and rules."""
    jobs = make_scrape_configs([item for item in added if item["kind"] == "PodMonitor"])
    rules = get_object(added, "PrometheusRule", "kfp-tabular")["spec"]
    with start_prometheus(suite, jobs, rules) as started:
        yield started


@pytest.fixture
def clean_data(data: Minio, trained_model: TrainedModel) -> Iterator[Minio]:
    """The storage, where nothing about the model is left for the exporter in the end."""
    yield data
    for item in data.list_objects(BUCKET, prefix=f"{FOLDER}/{trained_model.name}/", recursive=True):
        data.remove_object(BUCKET, item.object_name)


def test_the_exporter_keeps_the_standard_restricted(exporter: Object, suite: Kubectl) -> None:
    """Kubernetes takes the same pod in a namespace that enforces the standard, which Kubeflow's does not."""
    spec = {**exporter["spec"], "serviceAccountName": "default", "serviceAccount": "default"}
    del spec["nodeName"]
    copied: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": EXPORTER, "namespace": "kfp-tabular"},
        "spec": spec,
    }
    suite.apply(copied, options=["--dry-run=server", "--warnings-as-errors"])


def test_only_prometheus_reaches_the_exporter(
    exporter: Object, prometheus: Prometheus, suite: Kubectl
) -> None:
    address = f"{exporter['status']['podIP']}:9108"
    labels: dict[str, dict[str, str]] = {"named": {NAME: "prometheus"}, "stranger": {NAME: "grafana"}}
    probes = {name: Probe(MONITORING, each, [address]) for name, each in labels.items()}
    probes["neighbour"] = Probe(NAMESPACE, {"app": "notebook"}, [address])
    found = run_probes(suite, probes)
    reached = {name: probe["reached"] for name, probe in found.items()}
    assert reached == {"named": [address], "stranger": [], "neighbour": []}


def test_prometheus_reads_every_pod_that_is_there(exporter: Object, prometheus: Prometheus) -> None:
    """No model is served, so there are no servers to read."""
    jobs = (EXPORTER, "kfp-tabular-kubeflow", "kfp-tabular-argo")
    expected = {f"{NAMESPACE}/{name}": {"up"} for name in jobs}
    wait_for(lambda: prometheus.list_jobs() == expected, 60, f"Prometheus reads {', '.join(expected)}")


def test_argo_and_kubeflow_have_the_metrics_of_dashboards_and_alerts(
    prometheus: Prometheus, runs: ClusterRuns
) -> None:
    place = f"s3://{BUCKET}/{PREFIX}/nothing"
    run = runs.run("monitoring", f"folder={place}", f"model_name={PREFIX}-no-model")
    assert run.exit_status != 0
    labels = f'profile="{NAMESPACE}",workflow="{run.workflow["metadata"]["name"]}"'
    series = (
        f"resource_manager_workflow_runs_failed{{{labels}}}",
        'argo_workflows_gauge{status="Failed"}',
        'argo_workflows_total_count{phase="Failed"}',
        'count(argo_workflows_pods_gauge{phase="Running"})',
    )
    wait_for(lambda: all(map(prometheus.query, series)), 60, f"there is each of {', '.join(series)}")


def test_grafana_gets_its_dashboards(added: list[Object], suite: Kubectl) -> None:
    labels = suite.get("configmap", "kfp-tabular-dashboards", NAMESPACE)["metadata"]["labels"]
    assert labels["grafana_dashboard"] == "1"


def test_an_alert_fires_when_monitoring_finds_a_loss_above_the_budget(
    exporter: Object,
    prometheus: Prometheus,
    runs: ClusterRuns,
    trained_model: TrainedModel,
    clean_data: Minio,
) -> None:
    held_out = fetch_held_out(runs.kubectl, trained_model)
    rows = [{**row, BROKEN: None} for row in held_out["rows"]]
    for day in list_last_days(4):
        store_log(clean_data, FOLDER, trained_model, day, rows, held_out["predictions"], weight=10.0)
    words = [f"model_name={trained_model.name}", f"version={trained_model.version}"]
    run = runs.run("monitoring", f"folder=s3://{BUCKET}/{FOLDER}", *words)
    assert run.exit_status == 0, run.output

    def find_alert() -> dict[str, Any] | None:
        alerts = prometheus.list_alerts("TabularLossAboveBudget")
        return next((one for one in alerts if one["labels"]["model"] == trained_model.name), None)

    # The exporter looks once a minute.
    alert = wait_for(find_alert, 180, "the alert fires")
    assert alert["labels"] == {
        "alertname": "TabularLossAboveBudget",
        "severity": "warning",
        "owner": "data-scientist",
        "namespace": NAMESPACE,
        "model": trained_model.name,
        "version": trained_model.version,
    }
    assert f"The most costly column is {BROKEN}." in alert["annotations"]["description"]
