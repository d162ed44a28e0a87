from typing import Any

import pytest

from components._kubernetes.client import KubernetesClient
from components.deploy.objects import Release, ServiceSpec, build_inference_service
from components.deploy.readiness import (
    ServiceNotReady,
    list_current_pods,
    wait_until_gone,
    wait_until_ready,
)
from components.deploy.settings import Settings
from tests.kube_api.cluster import KubeApi

GOOD, BAD = (Release("churn", "1", f"s3://models/{name}", "kfp-tabular") for name in ("good", "bad"))


@pytest.fixture(autouse=True)
def _servers(kube_api: KubeApi) -> None:
    kube_api.servers = {GOOD.uri: "http://127.0.0.1:9"}


def apply(cluster: KubernetesClient, release: Release, mode: Any) -> None:
    cluster.apply(build_inference_service("churn", ServiceSpec(release, Settings(mode=mode))))


def wait(cluster: KubernetesClient, seconds: float = 5.0) -> dict[str, Any]:
    return wait_until_ready(cluster, "churn", seconds, pause=0.01)


def test_a_service_is_ready_with_its_new_pods(cluster: KubernetesClient, mode: str) -> None:
    apply(cluster, GOOD, mode)
    service = wait(cluster)
    (pod,) = list_current_pods(cluster, service)
    assert pod["status"]["podIP"] == "127.0.0.1"


def test_pods_that_end_are_no_current_ones(cluster: KubernetesClient, kube_api: KubeApi, mode: str) -> None:
    apply(cluster, GOOD, mode)
    service = wait(cluster)
    ((key, pod),) = [(key, of) for key, of in kube_api.objects.items() if key[0] == "Pod"]
    kube_api.objects[key] = {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "now"}}
    assert list_current_pods(cluster, service) == []


def test_pods_that_crash_end_the_wait_with_their_reason(cluster: KubernetesClient, mode: str) -> None:
    apply(cluster, GOOD, mode)
    # The old pods still count as ready.
    apply(cluster, BAD, mode)
    with pytest.raises(
        ServiceNotReady, match=r"churn cannot start\. .*CrashLoopBackOff: error: the model is"
    ):
        wait(cluster)


@pytest.mark.slow_variants
def test_pods_without_a_node_end_the_wait_with_cause_and_remedy(
    cluster: KubernetesClient, kube_api: KubeApi, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.pods._PATIENCE_SECONDS", 0.1)
    kube_api.waiting_reason, kube_api.crash = "ContainerCreating", ""
    apply(cluster, BAD, mode)
    (pod,) = (of for (kind, _), of in kube_api.objects.items() if kind == "Pod")
    pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "message": "Insufficient cpu."}
    ]
    with pytest.raises(
        ServiceNotReady,
        match=r"churn cannot start\. .* has no node: Insufficient cpu\.\nAsk for less .* or add a node\.",
    ):
        wait(cluster)
    name = pod["metadata"]["name"]
    involved = {"kind": "Pod", "name": name}
    scaling = {"metadata": {"name": "one"}, "involvedObject": involved, "reason": "TriggeredScaleUp"}
    kube_api.objects["Event", "one"] = scaling
    with pytest.raises(ServiceNotReady, match=r"was not ready in 0\.3 s\. .*The cluster is adding a node"):
        wait(cluster, 0.3)


def test_a_quota_ends_the_wait_with_cause_and_remedy(
    cluster: KubernetesClient, kube_api: KubeApi, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.pods._PATIENCE_SECONDS", 0.1)
    kube_api.waiting_reason, kube_api.crash = "ContainerCreating", ""
    apply(cluster, BAD, mode)
    kube_api.delete("Pod", next(name for kind, name in kube_api.objects if kind == "Pod"))
    refusal = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    name = "churn-predictor" if mode == "Standard" else "churn-predictor-00001-deployment"
    status = {"conditions": [refusal]}
    kube_api.objects["Deployment", name] = {"metadata": {"name": name}, "spec": {}, "status": status}
    with pytest.raises(
        ServiceNotReady,
        match=r"cannot start\. .*refuses its pods: exceeded quota: small\.\n.*raise it, or ask for less",
    ):
        wait(cluster)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({}, "Kubernetes gives no reason."),
        ({"conditions": [{"type": "Ready", "status": "False", "reason": "Slow"}]}, "Ready: Slow."),
        ({"observedGeneration": 0, "conditions": [{"type": "Ready", "status": "True"}]}, "gives no reason"),
    ],
)
def test_a_wait_ends_in_time_with_what_is_known(
    cluster: KubernetesClient, kube_api: KubeApi, status: dict[str, Any], reason: str
) -> None:
    apply(cluster, GOOD, "Knative")
    kube_api.objects["InferenceService", "churn"]["status"] = status
    kube_api.delete("Pod", next(name for kind, name in kube_api.objects if kind == "Pod"))
    with pytest.raises(ServiceNotReady, match=rf"churn was not ready in 0\.05 s\. .*{reason}"):
        wait(cluster, 0.05)


def test_an_invalid_service_ends_the_wait(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    apply(cluster, GOOD, "Knative")
    failure = {"transitionStatus": "InvalidSpec", "lastFailureInfo": {"message": "No such runtime."}}
    kube_api.objects["InferenceService", "churn"]["status"] = {"modelStatus": failure}
    with pytest.raises(ServiceNotReady, match=r"churn cannot start\. No such runtime\."):
        wait(cluster)


def test_an_object_that_stays_is_waited_for_in_vain(cluster: KubernetesClient) -> None:
    wait_until_gone(cluster, "InferenceService", "churn", 5.0)
    apply(cluster, GOOD, "Knative")
    with pytest.raises(ServiceNotReady, match=r"InferenceService churn was not deleted in 0\.05 s\."):
        wait_until_gone(cluster, "InferenceService", "churn", 0.05, pause=0.01)
