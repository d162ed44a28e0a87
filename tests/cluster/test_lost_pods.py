"""Pods that are lost in the middle of a run: nothing is lost with them."""

import time
from collections.abc import Callable

import pytest

from tests.cluster.kubectl import Kubectl, Object, wait_for
from tests.cluster.registry import fetch_evaluation
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns
from tests.cluster.sweeps import count_trials

pytestmark = pytest.mark.cluster

TRIALS = 150
WORKERS = 2


def delete(kubectl: Kubectl, pod: str) -> None:
    kubectl.run("delete", "pod", pod, "--namespace", NAMESPACE, "--wait=false")


def delete_by_force(kubectl: Kubectl, pod: str) -> None:
    """As when a node is gone: the pod's programs are told nothing."""
    kubectl.run("delete", "pod", pod, "--namespace", NAMESPACE, "--grace-period=0", "--force")


def evict(kubectl: Kubectl, pod: str) -> None:
    """As when a node is drained."""
    kubectl.evict(pod, NAMESPACE)


def kill(kubectl: Kubectl, pod: str) -> None:
    """As when the kernel is out of memory: every program that may be killed is."""
    code = "import os, signal; os.kill(-1, signal.SIGKILL)"
    kubectl.run("exec", pod, "--namespace", NAMESPACE, "--container", "main", "--", "python3", "-c", code)


WAYS: tuple[Callable[[Kubectl, str], None], ...] = (delete, delete_by_force, evict, kill)


def test_a_sweep_loses_no_trial_with_its_workers(runs: ClusterRuns, kubectl: Kubectl) -> None:
    words = [f"trials={TRIALS}", f"workers={WORKERS}", "budget_minutes=20", f"model_name={PREFIX}-lost"]
    gone: set[str] = set()
    with runs.start("training", *words) as run:
        for way in WAYS:
            pod = wait_for_new_pod(run, gone)
            gone.add(pod["metadata"]["uid"])
            time.sleep(8)
            way(kubectl, pod["metadata"]["name"])
        run.wait()
    assert run.exit_status == 0, run.output
    assert count_trials(kubectl, run.run_id) == [TRIALS, TRIALS]


def wait_for_new_pod(run: ClusterRun, gone: set[str]) -> Object:
    """Return a worker that runs and was not lost; Argo may give its successor the same name."""

    def find_pod() -> Object | None:
        pods = run.list_pods("tune", is_running=True)
        return next((pod for pod in pods if pod["metadata"]["uid"] not in gone), None)

    return wait_for(find_pod, 300, "a worker runs")


STAGES = tuple(
    sorted(
        {"problem", "ingest", "validate", "split", "eda", "preprocess", "engineer", "select"}
        | {"tune-plan", "tune", "tune-result", "train", "evaluate", "register"}
    )
)


def test_every_stage_may_lose_its_pod_once(runs: ClusterRuns, kubectl: Kubectl) -> None:
    """Each pod of each stage is deleted as soon as its program runs; the model is the same."""
    words = ["trials=4", "budget_minutes=20", f"model_name={PREFIX}-calm"]
    calm = runs.run("training", *words, "--no-cache")
    assert calm.exit_status == 0, calm.output
    with runs.start("training", *words[:2], f"model_name={PREFIX}-stormy", "--no-cache") as stormy:
        lost = lose_each_once(stormy, kubectl)
        stormy.wait()
    assert stormy.exit_status == 0, stormy.output
    assert lost.issuperset(STAGES)
    assert fetch_evaluation(kubectl, f"{PREFIX}-calm") == fetch_evaluation(kubectl, f"{PREFIX}-stormy")


def lose_each_once(run: ClusterRun, kubectl: Kubectl) -> set[str]:
    """Delete one pod of each component until the run ends; return the components."""
    lost: set[str] = set()
    while run.process.poll() is None:
        pods = kubectl.list("pods", NAMESPACE, f"{run.selector},app.kubernetes.io/component")
        for pod in pods:
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            if component not in lost and is_started(pod):
                lost.add(component)
                delete_by_force(kubectl, pod["metadata"]["name"])
        time.sleep(0.3)
    return lost


def is_started(pod: Object) -> bool:
    statuses = pod["status"].get("containerStatuses", [])
    return any(item["name"] == "main" and "running" in item["state"] for item in statuses)
