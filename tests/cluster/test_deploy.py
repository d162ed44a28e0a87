"""A rollout whose task dies: the next one takes over, and requests are answered all the time."""

import time

import pytest

from tests.cluster.kubectl import Kubectl, wait_for
from tests.cluster.registry import fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

MODEL = SERVICE = f"{PREFIX}-rollout"
DEPLOY = [f"model_name={MODEL}", f"service={SERVICE}", "mode=Standard", "step_seconds=20"]
TRAIN = ["trials=3", "budget_minutes=2", f"model_name={MODEL}"]


def test_a_dead_rollout_is_taken_over(runs: ClusterRuns, kubectl: Kubectl) -> None:
    trained = runs.run("training", *TRAIN)
    assert trained.exit_status == 0, trained.output
    version = fetch_version(kubectl, MODEL)["version"]
    with runs.start("deployment", *DEPLOY, f"version={version}") as first:
        pod = first.wait_for_pod("deploy")["metadata"]["name"]
        wait_for(lambda: kubectl.find("inferenceservice", SERVICE, NAMESPACE), 60, "the service is there")
        time.sleep(5)
        kubectl.run("delete", "pod", pod, "--namespace", NAMESPACE)
        first.wait()
    second = runs.run("deployment", *DEPLOY, f"version={version}")
    assert second.exit_status == 0, second.output
    lease = kubectl.get("lease", f"{SERVICE}-rollout", NAMESPACE)
    assert not lease["spec"].get("holderIdentity")
    assert fetch_version(kubectl, MODEL, "champion")["version"] == version
