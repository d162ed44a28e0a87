from datetime import UTC, datetime, timedelta

import pytest

from components.deploy.deployment_record import DeploymentInProgress, DeploymentRecord
from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.objects import Release
from tests.kube_api.cluster import KubeApi

RELEASE = Release("churn", "3", "s3://models/3", "runtime")


def hold(kube_api: KubeApi, *, seconds_ago: int, holder: str = "another") -> None:
    """Let a run have claimed the service for a minute."""
    renewed = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 60, "renewTime": renewed}
    kube_api.post("Lease", {"kind": "Lease", "metadata": {"name": "churn-rollout"}, "spec": spec})


def test_a_release_is_there_for_the_next_claim(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    record = DeploymentRecord(cluster, "churn", "one")
    with record.claim() as served:
        assert served is None
        record.record_release(RELEASE)
        record.renew()
        assert kube_api.objects["Lease", "churn-rollout"]["spec"]["holderIdentity"] == "one"
    assert kube_api.objects["Lease", "churn-rollout"]["spec"] == {}
    other = DeploymentRecord(cluster, "churn", "two")
    with other.claim() as served:
        assert served == RELEASE
    other.delete()
    assert ("Lease", "churn-rollout") not in kube_api.objects


def test_two_runs_do_not_change_a_service_at_once(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    hold(kube_api, seconds_ago=50)
    with (
        pytest.raises(DeploymentInProgress, match="another is changing the service churn"),
        DeploymentRecord(cluster, "churn", "one").claim(),
    ):
        pass


@pytest.mark.parametrize(("seconds_ago", "holder"), [(70, "another"), (50, "one")])
def test_a_claim_that_has_ended_or_is_ones_own_keeps_nobody_out(
    cluster: KubernetesClient, kube_api: KubeApi, seconds_ago: int, holder: str
) -> None:
    hold(kube_api, seconds_ago=seconds_ago, holder=holder)
    with DeploymentRecord(cluster, "churn", "one").claim() as served:
        assert served is None


def test_a_run_that_lost_its_claim_changes_nothing(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    first = DeploymentRecord(cluster, "churn", "one")

    def lose_claim() -> None:
        with first.claim():
            kube_api.delete("Lease", "churn-rollout")
            hold(kube_api, seconds_ago=0)
            first.record_release(RELEASE)

    with pytest.raises(DeploymentInProgress, match="another run is changing"):
        lose_claim()
    assert kube_api.objects["Lease", "churn-rollout"]["spec"]["holderIdentity"] == "another"


def test_a_failure_releases_the_claim(cluster: KubernetesClient, kube_api: KubeApi) -> None:
    with pytest.raises(ZeroDivisionError, match="mine"), DeploymentRecord(cluster, "churn", "one").claim():
        raise ZeroDivisionError("mine")
    assert kube_api.objects["Lease", "churn-rollout"]["spec"] == {}
