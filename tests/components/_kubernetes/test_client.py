import copy
from pathlib import Path

import pytest
from kubernetes import client as api

from components._kubernetes.client import ConflictError, KubernetesClient, KubernetesError
from tests.kube_api.cluster import KubeApi

RUNTIME = {"kind": "ServingRuntime", "metadata": {"name": "mine"}, "spec": {"a": 1, "b": {"c": 2}}}


def test_an_object_is_applied_read_and_deleted(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    assert cluster.namespace == "team"
    assert cluster.get("ServingRuntime", "mine") is None
    assert cluster.apply(RUNTIME)["spec"] == RUNTIME["spec"]
    assert cluster.apply({**RUNTIME, "spec": {"a": 5}})["spec"] == {"a": 5, "b": {}}
    assert cluster.get("ServingRuntime", "mine") == kube_api.objects["ServingRuntime", "mine"]
    kube_api.post("Lease", {"metadata": {"name": "mine"}})
    assert [cluster.delete("Lease", "mine") for _ in range(2)] == [True, False]


def test_a_field_of_another_manager_is_a_conflict(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    kube_api.apply("ServingRuntime", "mine", {"kind": "ServingRuntime", "spec": {"a": 7}}, "somebody")
    with pytest.raises(KubernetesError, match=r'conflict with "somebody": \.spec\.a\nMake the other manager'):
        cluster.apply(RUNTIME)


def test_an_object_that_has_changed_since_is_not_replaced(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    lease = {"kind": "Lease", "metadata": {"name": "mine"}, "spec": {}}
    written = {**copy.deepcopy(cluster.replace(lease)), "kind": "Lease"}
    cluster.replace(copy.deepcopy(written))
    for stale in (written, lease):
        with pytest.raises(ConflictError, match="mine"):
            cluster.replace(stale)
    kube_api.delete("Lease", "mine")
    with pytest.raises(ConflictError, match="mine"):
        cluster.replace(written)


def test_pods_are_found_by_their_labels(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    for name in ("a", "b"):
        kube_api.objects["Pod", name] = {"metadata": {"name": name, "labels": {"app": name, "of": "us"}}}
    assert [pod["metadata"]["name"] for pod in cluster.list_pods({"app": "b", "of": "us"})] == ["b"]


def test_missing_rights_say_which_role_has_them(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    kube_api.rules = []
    with pytest.raises(
        KubernetesError, match=r"did not apply the ServingRuntime mine .*\n.*kfp-tabular-deploy"
    ) as caught:
        cluster.apply(RUNTIME)
    assert caught.value.status == 403
    with pytest.raises(KubernetesError, match="did not return the Pods in the namespace team"):
        cluster.list_pods({})
    with pytest.raises(KubernetesError, match="did not delete the Lease x"):
        cluster.delete("Lease", "x")
    with pytest.raises(KubernetesError, match="did not return the Lease x"):
        cluster.get("Lease", "x")


def test_a_cluster_without_the_kind_says_what_to_install(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    kube_api.hidden = {"ServingRuntime"}
    with pytest.raises(KubernetesError, match="\nInstall KServe"):
        cluster.apply(RUNTIME)


def test_a_restart_of_the_server_ends_nothing_and_each_attempt_to_change_is_checked(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components._kubernetes.client._PAUSES", (0.0, 0.0))
    checks = []
    with cluster.check_writes(lambda: checks.append("checked")):
        kube_api.statuses = [503, 429]
        assert cluster.apply(RUNTIME)["spec"] == RUNTIME["spec"]
        assert len(checks) == 3
        kube_api.statuses = [503, 503, 503]
        with pytest.raises(KubernetesError, match="did not delete the ServingRuntime mine"):
            cluster.delete("ServingRuntime", "mine")
        assert len(checks) == 6
        kube_api.statuses = [503]
        assert cluster.get("ServingRuntime", "mine") is not None
        kube_api.statuses = [503]
        # Written twice, a Lease would be another one.
        with pytest.raises(KubernetesError, match="did not write the Lease mine"):
            cluster.replace({"kind": "Lease", "metadata": {"name": "mine"}})
        assert len(checks) == 6
    cluster.apply(RUNTIME)
    assert len(checks) == 6


def test_a_change_that_the_check_refuses_is_not_made(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    def refuse() -> None:
        raise ZeroDivisionError("not now")

    with pytest.raises(ZeroDivisionError, match="not now"), cluster.check_writes(refuse):
        cluster.apply(RUNTIME)
    assert kube_api.history == []


def test_a_pod_and_its_events_are_found_by_its_name(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    assert cluster.find_pod("a") is None
    for name in ("a", "b"):
        kube_api.objects["Pod", name] = {"metadata": {"name": name}}
        involved = {"kind": "Pod", "name": name}
        kube_api.objects["Event", name] = {"metadata": {"name": f"{name}.1"}, "involvedObject": involved}
    assert cluster.find_pod("a") == {"metadata": {"name": "a"}}
    assert [of["metadata"]["name"] for of in cluster.list_pod_events("b")] == ["b.1"]


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._kubernetes.client._PAUSES", (0.0,))
    settings = api.Configuration(host="http://127.0.0.1:9")
    settings.retries = 0
    with pytest.raises(KubernetesError, match="Kubernetes does not answer: "):
        KubernetesClient(api.ApiClient(settings), "team", "me", {}).list_pods({})


def test_without_a_cluster_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "nothing")
    monkeypatch.setenv("KUBECONFIG", place)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", place)
    with pytest.raises(KubernetesError, match="There is no Kubernetes cluster"):
        KubernetesClient.from_config("me", {})
