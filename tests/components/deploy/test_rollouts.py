from dataclasses import replace
from typing import Any

import pytest

from components._kubernetes.client import KubernetesClient
from components.deploy.deployment_record import Phase
from components.deploy.objects import Release, ServiceSpec
from components.deploy.rollouts import choose_rollout
from components.deploy.settings import Settings
from tests.kube_api.cluster import KubeApi

OLD, NEW = (Release("churn", number, f"s3://models/{number}", "kfp-tabular") for number in "12")
KNATIVE = Settings()
STANDARD = Settings(mode="Standard", gateway="gateways/main", gateway_host="churn.example.org")
WITHOUT_GATEWAY = Settings(mode="Standard")


@pytest.fixture(autouse=True)
def _servers(kube_api: KubeApi) -> None:
    kube_api.servers = {release.uri: f"http://127.0.0.1:{release.version}" for release in (OLD, NEW)}


def serve_old(cluster: KubernetesClient, settings: Settings) -> ServiceSpec:
    served = ServiceSpec(OLD, settings)
    first = choose_rollout(cluster, "churn", None, served)
    first.prepare()
    first.finish()
    return served


def find_predictor(kube_api: KubeApi) -> dict[str, Any]:
    return dict(kube_api.objects["InferenceService", "churn"]["spec"]["predictor"])


def find_uri(kube_api: KubeApi) -> str:
    return str(find_predictor(kube_api)["model"]["storageUri"])


@pytest.mark.parametrize("settings", [KNATIVE, STANDARD])
def test_a_first_model_cannot_share_requests_and_leaves_nothing(
    cluster: KubernetesClient, kube_api: KubeApi, settings: Settings
) -> None:
    rollout = choose_rollout(cluster, "churn", None, ServiceSpec(OLD, settings))
    assert rollout.prepare() == "http://127.0.0.1:1"
    assert not rollout.can_split
    assert rollout.list_metric_urls() == ["http://127.0.0.1:1/metrics"]
    assert rollout.finish() == "http://127.0.0.1:1"
    rollout.undo("replace")
    assert {kind for kind, _ in kube_api.objects} == {"ServingRuntime"}


@pytest.mark.parametrize("settings", [KNATIVE, STANDARD])
def test_a_release_that_is_served_gets_its_settings_back(
    cluster: KubernetesClient, kube_api: KubeApi, settings: Settings
) -> None:
    served = serve_old(cluster, settings)
    rollout = choose_rollout(cluster, "churn", served, ServiceSpec(OLD, replace(settings, max_replicas=9)))
    rollout.prepare()
    assert find_predictor(kube_api)["maxReplicas"] == 9
    rollout.undo("prepare")
    assert find_predictor(kube_api)["maxReplicas"] == 3
    assert find_uri(kube_api) == OLD.uri


def test_with_knative_two_revisions_share_the_requests(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    served = serve_old(cluster, KNATIVE)
    kube_api.traffic.clear()
    rollout = choose_rollout(cluster, "churn", served, ServiceSpec(NEW, KNATIVE))
    assert rollout.prepare() == "http://127.0.0.1:2"
    assert rollout.can_split
    rollout.shift_traffic(30)
    assert rollout.finish() == "http://127.0.0.1:2"
    assert kube_api.traffic == [{OLD.uri: 100}, {NEW.uri: 30, OLD.uri: 70}, {NEW.uri: 100}]
    kube_api.traffic.clear()
    rollout.undo("replace")
    assert kube_api.traffic[-1] == {OLD.uri: 100}


def test_in_standard_mode_a_route_shares_the_requests(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    served = serve_old(cluster, STANDARD)
    kube_api.shares.clear()
    rollout = choose_rollout(cluster, "churn", served, ServiceSpec(NEW, STANDARD))
    assert rollout.prepare() == "http://127.0.0.1:2"
    assert find_uri(kube_api) == OLD.uri
    assert rollout.can_split
    rollout.shift_traffic(30)
    assert kube_api.shares == [(("churn-predictor", 70), ("churn-canary-predictor", 30))]
    rollout.finish()
    assert find_uri(kube_api) == NEW.uri
    assert ("InferenceService", "churn-canary") not in kube_api.objects
    assert kube_api.shares[-1] == (("churn-predictor", 100),)
    rollout.undo("replace")
    assert find_uri(kube_api) == OLD.uri


def test_a_gateway_that_is_new_with_a_release_goes_with_it(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    served = serve_old(cluster, WITHOUT_GATEWAY)
    rollout = choose_rollout(cluster, "churn", served, ServiceSpec(NEW, STANDARD))
    rollout.prepare()
    rollout.shift_traffic(30)
    rollout.undo("shift")
    assert {kind for kind, _ in kube_api.objects} == {
        "ServingRuntime",
        "InferenceService",
        "Deployment",
        "Pod",
    }


@pytest.mark.parametrize("phase", ["prepare", "replace"])
def test_a_canary_that_was_left_is_replaced(
    cluster: KubernetesClient, kube_api: KubeApi, phase: Phase
) -> None:
    served = serve_old(cluster, WITHOUT_GATEWAY)
    for _ in range(2):
        rollout = choose_rollout(cluster, "churn", served, ServiceSpec(NEW, WITHOUT_GATEWAY))
        rollout.prepare()
        assert not rollout.can_split
    assert kube_api.history.count(("delete", "InferenceService", "churn-canary")) == 1
    rollout.undo(phase)
    assert ("InferenceService", "churn-canary") not in kube_api.objects
    assert find_uri(kube_api) == OLD.uri
