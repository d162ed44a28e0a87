"""The core of the suite on a cluster: a model is trained, registered, deployed, and answers."""

import json

import pytest

from tests.cluster.instances import list_instances
from tests.cluster.kubectl import Kubectl
from tests.cluster.registry import fetch_json, fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.core]

SERVICE = f"{PREFIX}-core"
MODEL = f"{PREFIX}-churn"
TRIALS = 4


@pytest.fixture(scope="module")
def training_run(runs: ClusterRuns, kserve: None) -> ClusterRun:
    return runs.run(
        "training",
        f"trials={TRIALS}",
        "budget_minutes=2",
        f"model_name={MODEL}",
        "deploy=true",
        "serving_mode=Standard",
        f"service={SERVICE}",
    )


def test_a_run_trains_registers_and_deploys(training_run: ClusterRun, kubectl: Kubectl) -> None:
    assert training_run.exit_status == 0, training_run.output
    version = fetch_version(kubectl, MODEL, "champion")
    service = kubectl.get("inferenceservice", SERVICE, NAMESPACE)
    assert f"--model_version={version['version']}" in service["spec"]["predictor"]["model"]["args"]


def test_the_service_answers(training_run: ClusterRun, kubectl: Kubectl) -> None:
    assert training_run.exit_status == 0, training_run.output
    instances = list_instances(20)
    with kubectl.forward_port(f"{SERVICE}-predictor", NAMESPACE, 80) as address:
        answer = fetch_json(f"http://{address}/v1/models/{SERVICE}:predict", {"instances": instances})
    assert len(answer["predictions"]) == len(instances)


def test_every_task_ended_well(training_run: ClusterRun) -> None:
    phases = {node["displayName"]: node["phase"] for node in training_run.nodes}
    assert phases
    assert set(phases.values()) == {"Succeeded"}, phases


def test_the_services_pods_are_restricted(suite: Kubectl) -> None:
    """Kubernetes refuses pods that break the standard of their namespace."""
    namespace = json.loads(suite.run("get", "namespace", "kfp-tabular", "--output", "json"))
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    names = [
        pod["metadata"]["labels"].get("app.kubernetes.io/name") for pod in suite.list("pods", "kfp-tabular")
    ]
    assert {"mlflow", "minio", "postgresql"} <= set(names)
