import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components._kubernetes.client import KubernetesClient, KubernetesError
from components.deploy.deployment_record import (
    ClaimLost,
    DeploymentInProgress,
    DeploymentRecord,
    Holder,
)
from components.deploy.objects import Release, ServiceSpec
from components.deploy.settings import Settings
from tests.kube_api.cluster import KubeApi

SPEC = ServiceSpec(
    Release("churn", "3", "s3://models/3", "runtime"), Settings(mode="Standard", max_replicas=7)
)
LEASE = ("Lease", "churn-rollout")
RUNTIME = {"kind": "ServingRuntime", "metadata": {"name": "mine"}, "spec": {"a": 1}}


@pytest.fixture(autouse=True)
def _poll_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._POLL_SECONDS", 0.02)


def make_record(cluster: KubernetesClient, run: str, pod: str = "") -> DeploymentRecord:
    return DeploymentRecord(cluster, "churn", Holder(run, pod, f"uid-{pod}" if pod else ""), Settings())


def run_pod(kube_api: KubeApi, name: str, phase: str = "Running", uid: str = "") -> None:
    metadata = {"name": name, "uid": uid or f"uid-{name}"}
    kube_api.objects["Pod", name] = {"metadata": metadata, "status": {"phase": phase}}


def hold(kube_api: KubeApi, *, seconds_ago: float, pod: str = "", seconds: int = 60) -> None:
    """Let run "other" have claimed the service."""
    renewed = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")
    annotations = {"kfp-tabular/holder": json.dumps({"run": "other", "pod": pod, "pod_uid": f"uid-{pod}"})}
    spec = {
        "holderIdentity": pod or "other",
        "leaseDurationSeconds": seconds,
        "acquireTime": "2026-11-29T10:00:00Z",
        "renewTime": renewed,
    }
    metadata = {"name": "churn-rollout", "annotations": annotations}
    kube_api.objects.pop(LEASE, None)
    kube_api.post("Lease", {"kind": "Lease", "metadata": metadata, "spec": spec})


def get_spec(kube_api: KubeApi) -> dict[str, Any]:
    return dict(kube_api.objects[LEASE]["spec"])


def test_what_is_served_is_there_for_the_next_claim(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    record = make_record(cluster, "one", "pod-1")
    with record.claim():
        assert record.served is None
        record.begin(SPEC)
        record.record_release(SPEC)
        record.clear_change()
        spec = get_spec(kube_api)
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("pod-1", 60)
    assert get_spec(kube_api) == {}
    following = make_record(cluster, "two")
    with following.claim():
        assert (following.served, following.unfinished) == (SPEC, None)
        following.delete()
    assert LEASE not in kube_api.objects


def test_what_is_unfinished_is_there_for_the_next_claim(cluster: KubernetesClient) -> None:
    first = make_record(cluster, "one", "pod-1")
    with first.claim():
        first.begin(SPEC)
        first.note_phase("shift", 30)
    following = make_record(cluster, "two")
    with following.claim():
        found = following.unfinished
        assert found is not None
        assert (found.phase, found.percent, found.wanted) == ("shift", 30, SPEC)
        assert str(found.holder) == "Run one (pod pod-1)"


def test_a_release_of_an_older_version_has_this_runs_settings(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    serves = {"model": "churn", "version": "3", "uri": "s3://models/3", "runtime": "runtime"}
    metadata = {"name": "churn-rollout", "annotations": {"kfp-tabular/serves": json.dumps(serves)}}
    kube_api.post("Lease", {"kind": "Lease", "metadata": metadata, "spec": {}})
    record = make_record(cluster, "one")
    with record.claim():
        assert record.served == ServiceSpec(SPEC.release, Settings())


def test_settings_of_a_newer_version_are_read(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    first = make_record(cluster, "one")
    with first.claim():
        first.begin(SPEC)
        first.record_release(SPEC)
    annotations = kube_api.objects[LEASE]["metadata"]["annotations"]
    settings = json.loads(annotations["kfp-tabular/settings"])
    del settings["steps"]
    annotations["kfp-tabular/settings"] = json.dumps({**settings, "colour": "blue"})
    following = make_record(cluster, "two")
    with following.claim():
        assert following.served == SPEC


@pytest.mark.parametrize("phase", ["gone", "Succeeded", "Failed", "another"])
def test_a_holder_whose_pod_has_ended_keeps_nobody_out(
    cluster: KubernetesClient, kube_api: KubeApi, phase: str
) -> None:
    hold(kube_api, seconds_ago=1, pod="pod-0")
    if phase == "another":
        run_pod(kube_api, "pod-0", uid="later")
    elif phase != "gone":
        run_pod(kube_api, "pod-0", phase)
    with make_record(cluster, "one", "pod-1").claim():
        assert get_spec(kube_api)["holderIdentity"] == "pod-1"


@pytest.mark.slow_variants
@pytest.mark.parametrize("pod", ["", "pod-0"])
def test_a_claim_that_is_not_renewed_ends_in_its_time(
    cluster: KubernetesClient, kube_api: KubeApi, pod: str
) -> None:
    hold(kube_api, seconds_ago=59.5, pod=pod)
    run_pod(kube_api, "pod-0")
    started = time.monotonic()
    with make_record(cluster, "one").claim():
        assert 0.3 < time.monotonic() - started < 30


def test_a_live_holder_is_named_with_its_run_its_pod_and_since_when(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    hold(kube_api, seconds_ago=10, pod="pod-0")
    run_pod(kube_api, "pod-0")
    renewal = threading.Timer(0.2, hold, [kube_api], {"seconds_ago": 0, "pod": "pod-0"})
    renewal.start()
    with (
        pytest.raises(
            DeploymentInProgress,
            match=r"Run other \(pod pod-0\) has been changing the service churn since 2026-11-29T10:00:00Z",
        ),
        make_record(cluster, "one").claim(),
    ):
        pass
    renewal.join()


def test_the_long_claim_of_an_older_version_is_refused_at_once(
    cluster: KubernetesClient, kube_api: KubeApi
) -> None:
    hold(kube_api, seconds_ago=100, seconds=2100)
    with (
        pytest.raises(DeploymentInProgress, match="Run other has been changing the service churn"),
        make_record(cluster, "one").claim(),
    ):
        pass


def test_a_holder_that_finishes_meanwhile_is_followed(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    first, second = make_record(cluster, "one", "pod-1"), make_record(cluster, "two", "pod-2")
    run_pod(kube_api, "pod-1")
    entered = threading.Event()

    def work() -> None:
        with first.claim():
            entered.set()
            time.sleep(0.2)

    worker = threading.Thread(target=work)
    worker.start()
    entered.wait()
    with second.claim():
        assert get_spec(kube_api)["holderIdentity"] == "pod-2"
    worker.join()


def test_a_claim_is_renewed_while_its_block_works(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._RENEW_SECONDS", 0.05)
    record = make_record(cluster, "one")
    with record.claim():
        before = get_spec(kube_api)
        time.sleep(0.5)
        after = get_spec(kube_api)
        assert after["renewTime"] > before["renewTime"]
        assert after["acquireTime"] == before["acquireTime"]
    n_writes = len(kube_api.history)
    time.sleep(0.2)
    assert len(kube_api.history) == n_writes


@pytest.mark.slow_variants
@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_run_that_lost_its_claim_changes_nothing(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch, is_deleted: bool
) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._RENEW_SECONDS", 0.05)
    record = make_record(cluster, "one")

    def lose_claim() -> None:
        with record.claim():
            if is_deleted:
                kube_api.delete("Lease", "churn-rollout")
            else:
                hold(kube_api, seconds_ago=0)
            time.sleep(0.5)
            kube_api.history.clear()
            cluster.apply(RUNTIME)

    with pytest.raises(ClaimLost, match="has taken over the service churn, because this run did not renew"):
        lose_claim()
    assert kube_api.history == []
    assert is_deleted or get_spec(kube_api)["holderIdentity"] == "other"


def test_a_change_after_a_long_silence_renews_the_claim_first(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._FRESH_SECONDS", 0.0)
    with make_record(cluster, "one").claim():
        kube_api.history.clear()
        cluster.apply(RUNTIME)
        assert kube_api.history == [("put", *LEASE), ("apply", "ServingRuntime", "mine")]


def test_a_change_after_another_run_took_over_is_not_made(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._FRESH_SECONDS", 0.0)

    def lose_claim() -> None:
        with make_record(cluster, "one").claim():
            hold(kube_api, seconds_ago=0)
            cluster.delete("ServingRuntime", "kfp-tabular")

    with pytest.raises(ClaimLost, match="other has taken over"):
        lose_claim()
    assert ("ServingRuntime", "kfp-tabular") in kube_api.objects


def test_while_kubernetes_does_not_answer_nothing_is_changed_and_later_all_goes_on(
    cluster: KubernetesClient, kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.deploy.deployment_record._RENEW_SECONDS", 0.05)
    monkeypatch.setattr("components.deploy.deployment_record._FRESH_SECONDS", 0.2)
    record = make_record(cluster, "one")
    with record.claim():
        kube_api.forbidden = {("PUT", "Lease")}
        time.sleep(0.5)
        kube_api.history.clear()
        with pytest.raises(KubernetesError, match="did not write the Lease"):
            cluster.apply(RUNTIME)
        assert kube_api.history == []
        kube_api.forbidden = set()
        cluster.apply(RUNTIME)


def test_a_lease_that_a_person_edited_is_still_ours(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    record = make_record(cluster, "one")
    with record.claim():
        kube_api.put("Lease", "churn-rollout", {**kube_api.objects[LEASE], "note": "seen"})
        record.begin(SPEC)
    assert get_spec(kube_api) == {}


def test_a_failure_releases_the_claim(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    with pytest.raises(ZeroDivisionError, match="mine"), make_record(cluster, "one").claim():
        raise ZeroDivisionError("mine")
    assert get_spec(kube_api) == {}
