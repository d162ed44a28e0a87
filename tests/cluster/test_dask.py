"""Stages that compute on workers, which the Dask operator starts as pods."""

import json
from collections.abc import Iterator

import pytest
import yaml

from pipelines.image_names import ImageNames
from pipelines.task_settings import SETTINGS
from tests.cluster.definitions import install_definitions, read_dask_definitions
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.registry import fetch_evaluation
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns
from tests.manifests.builds import render_parts

pytestmark = pytest.mark.cluster

OPERATOR = "kfp-tabular-dask-operator"
CLUSTERS, WORKERS = "daskclusters.kubernetes.dask.org", "dask.org/component=worker"
# Much time, so that the load of the machine decides nothing.
WORDS = ("trials=2", "budget_minutes=60", "--no-cache")


def list_objects() -> list[Object]:
    """Return the objects of the component dask, with its image in the version of this checkout."""
    name, _, tag = ImageNames.choose().name_image("dask-operator").rpartition(":")
    text = render_parts([], ["dask"], images=[{"name": OPERATOR, "newName": name, "newTag": tag}])
    return list(yaml.load_all(text, yaml.CSafeLoader))


def choose_settings(kubectl: Kubectl) -> dict[str, str]:
    """Return the settings of tasks, for the version of Kubeflow Pipelines that the cluster has."""
    is_old = kubectl.find("service", "minio-service", NAMESPACE) is not None
    host = f"{'minio-service' if is_old else 'seaweedfs'}.{NAMESPACE}"
    return {
        "DASK_SCHEDULER_ADDRESS": "kubernetes",
        "DASK_MOST_WORKERS": "2",
        "DASK_ARTIFACTS_ENDPOINT_URL": f"http://{host}:9000",
        "DASK_ARTIFACTS_SECRET": "mlpipeline-minio-artifact",
    }


@pytest.fixture(scope="module")
def operator(suite: Kubectl) -> Iterator[None]:
    """The component dask, whose operator is ready."""
    load_images(ImageNames.choose().name_image("dask-operator"))
    objects = list_objects()

    def find_pod() -> Object | None:
        pods = suite.list("pods", NAMESPACE, f"app.kubernetes.io/name={OPERATOR}")
        return next(filter(is_ready, pods), None)

    before = suite.get("configmap", SETTINGS, NAMESPACE)["data"]
    with install_definitions(suite, read_dask_definitions()):
        try:
            suite.apply(*objects, options=["--warnings-as-errors"])
            set_configuration(suite, choose_settings(suite))
            wait_for(find_pod, 240, "the operator is ready")
            yield
        finally:
            # The operator lets go of each cluster that is deleted, so it must be there until then.
            suite.run("delete", CLUSTERS, "--all", "--namespace", NAMESPACE)
            set_configuration(suite, before)
            suite.delete(*objects)


def set_configuration(kubectl: Kubectl, data: dict[str, str]) -> None:
    patch = json.dumps({"data": data})
    kubectl.run("patch", "configmap", SETTINGS, "--namespace", NAMESPACE, "--type=merge", "--patch", patch)


def list_clusters(run: ClusterRun) -> list[Object]:
    return run.kubectl.list(CLUSTERS, NAMESPACE, run.selector)


def wait_for_workers(run: ClusterRun) -> tuple[str, list[Object]]:
    """Return the name of a DaskCluster of a run, and its worker pods, as soon as they are ready."""

    def find_workers() -> tuple[str, list[Object]] | None:
        for cluster in list_clusters(run):
            name = cluster["metadata"]["name"]
            pods = run.kubectl.list("pods", NAMESPACE, f"{WORKERS},dask.org/cluster-name={name}")
            if any(is_ready(pod) for pod in pods):
                return name, pods
        return None

    return wait_for(find_workers, 900, "Dask workers run", pause=0.5)


@pytest.mark.usefixtures("operator")
def test_a_training_on_workers_gives_the_model_of_one_without(runs: ClusterRuns, kubectl: Kubectl) -> None:
    with runs.start("training", *WORDS, "engine=dask", f"model_name={PREFIX}-dask") as run:
        name, pods = wait_for_workers(run)
        run.wait()
    assert run.exit_status == 0, run.output
    assert name.startswith("preprocess-")
    (preprocess,) = {pod["spec"]["containers"][0]["image"] for pod in pods}
    assert preprocess == ImageNames.choose().name_image("preprocess")
    wait_for(lambda: not list_clusters(run), 60, "the clusters of the run are gone")
    alone = runs.run("training", *WORDS, "engine=local", f"model_name={PREFIX}-alone")
    assert alone.exit_status == 0, alone.output
    # Workers learn from all rows once; alone, each fold learns a recipe of its own.
    scores = [fetch_evaluation(kubectl, f"{PREFIX}-{name}")["score"] for name in ("dask", "alone")]
    assert scores[0] == pytest.approx(scores[1], abs=0.005)


@pytest.mark.usefixtures("operator")
def test_a_task_that_loses_its_pod_leaves_no_cluster(runs: ClusterRuns, kubectl: Kubectl) -> None:
    """Argo starts the pod again, and the new one makes a cluster of its own."""
    with runs.start("training", *WORDS, "engine=dask", f"model_name={PREFIX}-dask-lost") as run:
        name, _ = wait_for_workers(run)
        (pod,) = run.list_pods("preprocess", is_running=True)
        words = ("pod", pod["metadata"]["name"], "--namespace", NAMESPACE)
        kubectl.run("delete", *words, "--grace-period=0", "--force")
        wait_for(lambda: kubectl.find(CLUSTERS, name, NAMESPACE) is None, 180, "its cluster is gone")
        run.wait()
    assert run.exit_status == 0, run.output
    wait_for(lambda: not list_clusters(run), 60, "the clusters of the run are gone")
