"""The services of a run restart in the middle of it: nothing is lost."""

import uuid

import pytest

from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.registry import fetch_version
from tests.cluster.runs import PREFIX, ClusterRuns
from tests.cluster.sweeps import count_trials

pytestmark = pytest.mark.cluster

NAMESPACE = "kfp-tabular"
TRIALS = 150


def replace_pods(kubectl: Kubectl, name: str) -> None:
    """Delete the pods of a service, which keeps its volume, and wait until another one is ready."""
    selector = f"app.kubernetes.io/name={name}"
    gone = {pod["metadata"]["uid"] for pod in kubectl.list("pods", NAMESPACE, selector)}
    kubectl.run("delete", "pods", "--namespace", NAMESPACE, "--selector", selector, "--wait=false")

    def find_pod() -> Object | None:
        pods = kubectl.list("pods", NAMESPACE, selector)
        return next((pod for pod in pods if pod["metadata"]["uid"] not in gone and is_ready(pod)), None)

    wait_for(find_pod, 300, f"{name} is back")


def test_services_may_restart_while_a_sweep_runs(runs: ClusterRuns, kubectl: Kubectl) -> None:
    model = f"{PREFIX}-restarts-{uuid.uuid4().hex[:6]}"
    words = [f"trials={TRIALS}", "workers=2", "budget_minutes=20", f"model_name={model}"]
    with runs.start("training", *words) as run:

        def count() -> int:
            return count_trials(kubectl, run.run_id)[0]

        run.wait_for_pod("tune")
        wait_for(count, 120, "a trial has ended")
        replace_pods(kubectl, "postgresql")
        before = count()
        assert before < TRIALS, "the sweep was over before the database was back"
        wait_for(lambda: count() > before, 120, "the sweep goes on")
        for name in ("minio", "mlflow"):
            assert run.list_pods("tune", is_running=True), f"the sweep was over before {name} was deleted"
            replace_pods(kubectl, name)
        run.wait()
    assert run.exit_status == 0, run.output
    assert count_trials(kubectl, run.run_id) == [TRIALS, TRIALS]
    assert fetch_version(kubectl, model)["tags"]["gates"] == "passed"
