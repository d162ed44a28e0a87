import pytest

from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.objects import Release
from components.deploy.rollouts import choose_rollout
from components.deploy.settings import Settings
from tests.kube_api.cluster import KubeApi

OLD, NEW = (Release("churn", number, f"s3://models/{number}", "kfp-tabular") for number in "12")
STANDARD = Settings(mode="Standard", gateway="gateways/main", gateway_host="churn.example.org")
WITHOUT_GATEWAY = Settings(mode="Standard")


@pytest.fixture(autouse=True)
def _servers(kube_api: KubeApi) -> None:
    kube_api.servers = {release.uri: f"http://127.0.0.1:{release.version}" for release in (OLD, NEW)}


def serve_old(cluster: KubernetesClient, settings: Settings) -> None:
    first = choose_rollout(cluster, "churn", None, OLD, settings)
    first.prepare()
    first.finish()


def find_uri(kube_api: KubeApi) -> str:
    predictor = kube_api.objects["InferenceService", "churn"]["spec"]["predictor"]
    return str(predictor["model"]["storageUri"])


def test_a_first_model_cannot_share_requests_and_leaves_nothing(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    rollout = choose_rollout(cluster, "churn", None, OLD, Settings())
    assert rollout.prepare() == "http://127.0.0.1:1"
    assert not rollout.shift_traffic(10)
    assert rollout.list_metric_urls() == ["http://127.0.0.1:1/metrics"]
    assert rollout.finish() == "http://127.0.0.1:1"
    rollout.undo()
    assert ("InferenceService", "churn") not in kube_api.objects


def test_a_release_that_is_served_stays(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    serve_old(cluster, Settings())
    rollout = choose_rollout(cluster, "churn", OLD, OLD, Settings())
    rollout.prepare()
    rollout.undo()
    assert find_uri(kube_api) == OLD.uri


def test_with_knative_two_revisions_share_the_requests(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    serve_old(cluster, Settings())
    kube_api.traffic.clear()
    rollout = choose_rollout(cluster, "churn", OLD, NEW, Settings())
    assert rollout.prepare() == "http://127.0.0.1:2"
    assert rollout.shift_traffic(30)
    assert rollout.finish() == "http://127.0.0.1:2"
    assert kube_api.traffic == [{OLD.uri: 100}, {NEW.uri: 30, OLD.uri: 70}, {NEW.uri: 100}]
    kube_api.traffic.clear()
    rollout.undo()
    assert kube_api.traffic[-1] == {OLD.uri: 100}


def test_in_standard_mode_a_route_shares_the_requests(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    serve_old(cluster, STANDARD)
    kube_api.shares.clear()
    rollout = choose_rollout(cluster, "churn", OLD, NEW, STANDARD)
    assert rollout.prepare() == "http://127.0.0.1:2"
    assert find_uri(kube_api) == OLD.uri
    assert rollout.shift_traffic(30)
    assert kube_api.shares == [(("churn-predictor", 70), ("churn-canary-predictor", 30))]
    rollout.finish()
    assert find_uri(kube_api) == NEW.uri
    assert ("InferenceService", "churn-canary") not in kube_api.objects
    rollout.undo()
    assert find_uri(kube_api) == OLD.uri


def test_a_canary_that_a_dead_task_left_is_replaced(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    serve_old(cluster, WITHOUT_GATEWAY)
    for _ in range(2):
        rollout = choose_rollout(cluster, "churn", OLD, NEW, WITHOUT_GATEWAY)
        rollout.prepare()
        assert not rollout.shift_traffic(10)
    assert kube_api.history.count(("delete", "InferenceService", "churn-canary")) == 1
    rollout.undo()
    assert ("InferenceService", "churn-canary") not in kube_api.objects
    assert find_uri(kube_api) == OLD.uri
