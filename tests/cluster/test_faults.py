"""Faults of users and services on a live cluster: each ends with a message that names cause and remedy."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns

pytestmark = pytest.mark.cluster

# From a fault to its message.
MOST_SECONDS = 150.0
GPU = "nvidia.com/gpu"
SAMPLE = ("trials=3", "budget_minutes=2", f"model_name={PREFIX}-faults")
Executor = dict[str, Any]


Change = Callable[[str, Executor, Executor], None]


def write_spec(spec_folder: Path, folder: Path, change: Change) -> Path:
    """Write the compiled pipelines with a change to each task's container and Kubernetes part."""
    (folder / "pipelines").mkdir()
    for path in (spec_folder / "pipelines").glob("*.yaml"):
        spec, platform = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        parts = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        for label, executor in spec["deploymentSpec"]["executors"].items():
            change(label.removeprefix("exec-"), executor["container"], parts[label])
        (folder / "pipelines" / path.name).write_text(yaml.safe_dump_all([spec, platform]), encoding="utf-8")
    return folder


def set_image(image: str, *components: str) -> Change:
    """Return a change of the image of some tasks, by default of all."""

    def change(component: str, container: Executor, _: Executor) -> None:
        if not components or component in components:
            container["image"] = image

    return change


@contextmanager
def scale_to_zero(kubectl: Kubectl, target: str) -> Iterator[None]:
    """Take a service away for the length of a block."""
    kubectl.run("scale", target, "--namespace", "kfp-tabular", "--replicas=0")
    try:
        yield
    finally:
        kubectl.run("scale", target, "--namespace", "kfp-tabular", "--replicas=1")
        status = ["rollout", "status", target, "--namespace", "kfp-tabular", "--timeout=5m"]
        kubectl.run(*status, seconds=320)


def check(run: ClusterRun, *words: str) -> None:
    assert run.exit_status == 1, run.output
    missing = [word for word in words if word not in run.output]
    assert not missing, f"{missing} not in:\n{run.output}"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("s3://data/cluster-test-nothing.csv", ("Look at the source", "There is no object")),
        (
            "s3://cluster-test-nothing/table.csv",
            ("Look at the source", "the bucket or the object does not exist"),
        ),
        ("sample:chrun", ("There is no sample 'chrun'", "churn")),
    ],
)
def test_a_wrong_source_ends_the_run_at_once(runs: ClusterRuns, source: str, words: tuple[str, ...]) -> None:
    started = time.monotonic()
    check(runs.run("training", f"source={source}", "target=churned"), *words)
    assert time.monotonic() - started < MOST_SECONDS


def test_an_account_that_is_not_there(runs: ClusterRuns) -> None:
    run = runs.run("training", *SAMPLE, account=f"{PREFIX}-nobody")
    check(run, f"The service account {PREFIX}-nobody does not exist")


def test_a_namespace_where_there_are_none(runs: ClusterRuns) -> None:
    with runs.submit("training", *SAMPLE, "--namespace", "team") as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "has one namespace for all users: 'team' cannot be chosen" in output


def test_an_image_that_cannot_be_pulled(
    runs: ClusterRuns, private_image: str, spec_folder: Path, tmp_path: Path
) -> None:
    folder = write_spec(spec_folder, tmp_path, set_image(private_image))
    run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE)
    check(run, "Its image cannot be pulled", private_image, "cannot go on and was stopped")


def test_a_secret_that_is_not_there(runs: ClusterRuns, spec_folder: Path, tmp_path: Path) -> None:
    def change(component: str, _: Executor, part: Executor) -> None:
        if component == "ingest-plan":
            for secret in part["secretAsEnv"]:
                secret["secretName"] = f"{PREFIX}-nothing"
                secret["secretNameParameter"] = {"runtimeValue": {"constant": f"{PREFIX}-nothing"}}
                secret.pop("optional", None)

    folder = write_spec(spec_folder, tmp_path, change)
    run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE)
    check(run, "its configuration is incomplete", f"{PREFIX}-nothing")


def test_a_node_without_room(runs: ClusterRuns, spec_folder: Path, tmp_path: Path) -> None:
    def change(component: str, container: Executor, _: Executor) -> None:
        if component == "ingest-plan":
            container["resources"].update(resourceCpuRequest="1000", resourceCpuLimit="1000")

    folder = write_spec(spec_folder, tmp_path, change)
    run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE, "--timeout", "120s")
    check(run, "no node has room for it")
    runs.kubectl.run("delete", "workflows.argoproj.io", "--namespace", NAMESPACE, "--selector", run.selector)


@contextmanager
def set_quota(kubectl: Kubectl, resource: str, amount: str) -> Iterator[None]:
    """Limit what all pods of the runs' namespace may request of a resource, for the length of a block."""
    name = f"{PREFIX}-quota"
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name, "namespace": NAMESPACE}}
    kubectl.apply({**quota, "spec": {"hard": {f"requests.{resource}": amount}}})
    try:
        yield
    finally:
        kubectl.run("delete", "resourcequota", name, "--namespace", NAMESPACE)


def test_a_task_that_asks_for_more_than_the_quota(
    runs: ClusterRuns, kubectl: Kubectl, spec_folder: Path, tmp_path: Path
) -> None:
    # With a quota for processors or memory, every pod must say how much it needs, also Kubeflow's own.
    def change(component: str, container: Executor, _: Executor) -> None:
        if component == "ingest-plan":
            container["resources"]["accelerator"] = {"resourceType": GPU, "resourceCount": "2"}

    folder = write_spec(spec_folder, tmp_path, change)
    with set_quota(kubectl, GPU, "1"):
        run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE)
    check(run, "A quota of the namespace is used up", f"requests.{GPU}=2", "cannot go on and was stopped")


@contextmanager
def limit_disk(kubectl: Kubectl, amount: str) -> Iterator[None]:
    """Limit the node's disk that each container of new pods may use, as a namespace's administrator does."""
    metadata = {"name": f"{PREFIX}-disk", "namespace": NAMESPACE}
    limits = {
        "type": "Container",
        "default": {"ephemeral-storage": amount},
        "defaultRequest": {"ephemeral-storage": "1Mi"},
    }
    kubectl.apply(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [limits]}}
    )
    try:
        yield
    finally:
        kubectl.run("delete", "limitrange", metadata["name"], "--namespace", metadata["namespace"])


def test_a_task_that_uses_more_disk_than_it_may(
    runs: ClusterRuns, kubectl: Kubectl, spec_folder: Path, tmp_path: Path
) -> None:
    def change(component: str, container: Executor, _: Executor) -> None:
        if component == "ingest-plan":
            container["command"] = ["sh", "-c", "head -c 700M /dev/zero >/tmp/rest && exec sleep 600"]

    folder = write_spec(spec_folder, tmp_path, change)
    with limit_disk(kubectl, "500Mi"):
        run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE)
    check(run, "Look at the source", "It needed more of the node's disk than its pod may use", "LimitRange")


def test_a_task_that_needs_more_memory_than_it_may(
    runs: ClusterRuns, spec_folder: Path, tmp_path: Path
) -> None:
    def change(component: str, container: Executor, _: Executor) -> None:
        if component == "ingest-plan":
            # All of it is written to: memory that is only reserved does not count.
            container["command"] = ["python3", "-c", "held = b'x' * (1 << 30)"]

    folder = write_spec(spec_folder, tmp_path, change)
    run = ClusterRuns(runs.kubectl, folder, runs.host).run("training", *SAMPLE)
    check(run, "Look at the source", "It needed more memory than its pod may use")
    # Argo starts it again, because another pod on the node may have taken the memory.
    killed = [node["name"] for node in run.nodes if "OOMKilled" in node.get("message", "")]
    assert len(killed) == 4


def test_mlflow_is_away_when_train_needs_it(runs: ClusterRuns, kubectl: Kubectl) -> None:
    with scale_to_zero(kubectl, "deployment/mlflow"):
        check(runs.run("training", *SAMPLE), "Train the model", "MLflow at", "does not answer")


def test_the_database_of_the_sweep_is_away(runs: ClusterRuns, kubectl: Kubectl) -> None:
    # Another number of workers, because a plan that is reused looks at no database.
    with scale_to_zero(kubectl, "statefulset/postgres"):
        run = runs.run("training", *SAMPLE, "workers=3")
    check(run, "Plan the sweep", "The sweep's database cannot be used")
