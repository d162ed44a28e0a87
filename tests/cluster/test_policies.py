"""Who reaches whom on a cluster that enforces network policies: pods that try."""

from typing import Any

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.probes import Probe, run_probes
from tests.cluster.runs import NAMESPACE
from tests.manifests.test_network import COMPONENT, PART

pytestmark = [pytest.mark.cluster, pytest.mark.core]

MLFLOW, POSTGRES, MINIO = "mlflow.kfp-tabular:5000", "postgres.kfp-tabular:5432", "minio.kfp-tabular:9000"
PIPELINES, CACHE = "ml-pipeline.kubeflow:8888", "ml-pipeline.kubeflow:8887"
METADATA, KUBERNETES = "metadata-grpc-service.kubeflow:8080", "kubernetes.default:443"
DATABASE = "mysql.kubeflow:3306"
# Kubeflow's own store: its name and port up to 2.14, and after.
STORES = ("minio-service.kubeflow:9000", "seaweedfs.kubeflow:8333")
SERVICES = (MLFLOW, POSTGRES, MINIO)
TASK = {PART: "kfp-tabular"}
# The Kubernetes API is on the node itself, and what enforces the policies of kind does not look at that way.
# Who, in which namespace, with which labels; whom it must reach; whom it must not.
PAIRS: list[tuple[str, str, dict[str, str], tuple[str, ...], tuple[str, ...]]] = [
    (
        name,
        NAMESPACE,
        {**TASK, COMPONENT: name},
        (*SERVICES, PIPELINES, CACHE, METADATA, KUBERNETES, "store"),
        (DATABASE,),
    )
    for name in ("ingest", "tune", "train", "notify")
] + [
    ("server", NAMESPACE, {**TASK, COMPONENT: "serve"}, (MINIO,), (MLFLOW, POSTGRES, PIPELINES)),
    ("stranger", "default", {}, (), SERVICES),
    ("neighbour", NAMESPACE, {"app": "notebook"}, (), SERVICES),
]


@pytest.fixture(scope="module")
def store(suite: Kubectl) -> str:
    return next(one for one in STORES if suite.find("service", one.partition(".")[0], NAMESPACE))


@pytest.fixture(scope="module")
def probes(suite: Kubectl, store: str) -> dict[str, Any]:
    """What each pod printed."""
    return run_probes(
        suite,
        {
            name: Probe(
                namespace,
                labels,
                [store if target == "store" else target for target in (*allowed, *forbidden)],
            )
            for name, namespace, labels, allowed, forbidden in PAIRS
        },
    )


@pytest.mark.parametrize("name", [pair[0] for pair in PAIRS])
def test_a_pod_reaches_what_it_may_and_nothing_else(name: str, probes: dict[str, Any], store: str) -> None:
    (allowed,) = (pair[3] for pair in PAIRS if pair[0] == name)
    assert set(probes[name]["reached"]) == {store if target == "store" else target for target in allowed}


def test_our_images_run_without_root(probes: dict[str, Any]) -> None:
    """Without a word in the pod: Kubeflow Pipelines before 2.16 cannot ask for it."""
    assert {probe["user"] for probe in probes.values()} == {65532}
