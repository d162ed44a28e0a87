"""A rollout whose pod dies: the next pod takes over."""

import time

import pytest

from tests.cluster.kubectl import Kubectl, wait_for
from tests.cluster.registry import TrainedModel, fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

SERVICE = f"{PREFIX}-rollout"


def test_the_next_pod_takes_a_rollout_over(
    runs: ClusterRuns, kubectl: Kubectl, trained_model: TrainedModel
) -> None:
    name, version = trained_model
    words = [f"model_name={name}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    with runs.start("deployment", *words, "step_seconds=15") as run:
        pod = run.wait_for_pod("deploy")["metadata"]["name"]
        wait_for(lambda: kubectl.find("inferenceservice", SERVICE, NAMESPACE), 60, "the service is there")
        time.sleep(5)
        kubectl.run("delete", "pod", pod, "--namespace", NAMESPACE)
        run.wait()
    assert run.exit_status == 0, run.output
    attempts = [node for node in run.nodes if ".deploy(" in node["name"] and ".executor(" in node["name"]]
    assert [node["phase"] for node in attempts].count("Succeeded") == 1
    assert len(attempts) > 1
    lease = kubectl.get("lease", f"{SERVICE}-rollout", NAMESPACE)
    assert not lease["spec"].get("holderIdentity")
    assert fetch_version(kubectl, name, "champion")["version"] == version
    removed = runs.run("removal", f"service={SERVICE}")
    assert removed.exit_status == 0, removed.output
    assert kubectl.find("inferenceservice", SERVICE, NAMESPACE) is None
    assert kubectl.find("lease", f"{SERVICE}-rollout", NAMESPACE) is None
