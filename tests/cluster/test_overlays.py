"""What no other test applies: an API server takes every overlay, with the definitions of its operators."""

from collections.abc import Iterator

import pytest

from tests.cluster.definitions import (
    CLOUDNATIVEPG,
    KEDA,
    PROMETHEUS_OPERATOR,
    install_definitions,
    read_definitions,
)
from tests.cluster.kubectl import Kubectl, Object, wait_for
from tests.cluster.runs import NAMESPACE, PREFIX
from tests.manifests.builds import BUILDS, build, get_object

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve", "suite")]

# The suite on the cluster is the overlay kind, with MinIO: it was taken already, and its Job cannot change.
# test_profiles.py applies the overlay profile.
NAMES = [name for name in BUILDS if name not in ("kind", "profile") and "minio" not in name]


@pytest.fixture(scope="module")
def cloudnativepg(kubectl: Kubectl) -> Iterator[None]:
    with install_definitions(kubectl, read_definitions(CLOUDNATIVEPG)):
        yield


@pytest.fixture(scope="module")
def prometheus_operator(kubectl: Kubectl) -> Iterator[None]:
    with install_definitions(kubectl, read_definitions(PROMETHEUS_OPERATOR)):
        yield


@pytest.mark.usefixtures("cloudnativepg", "prometheus_operator")
@pytest.mark.parametrize("name", NAMES)
def test_the_api_server_takes_every_object_without_a_warning(name: str, kubectl: Kubectl) -> None:
    kubectl.apply(*build(name), options=["--dry-run=server", "--warnings-as-errors"])


def restart_kserve(kubectl: Kubectl) -> None:
    """Let KServe look for KEDA, which it does only when it starts."""
    selector, place = "control-plane=kserve-controller-manager", "{.items[0].metadata.namespace}"
    words = ["deployment", "--selector", selector]
    namespace = kubectl.run("get", *words, "--all-namespaces", "--output", f"jsonpath={place}")
    words += ["--namespace", namespace]
    kubectl.run("rollout", "restart", *words)
    kubectl.run("rollout", "status", *words, "--timeout=300s", seconds=310)


@pytest.fixture
def keda(kubectl: Kubectl) -> Iterator[None]:
    with install_definitions(kubectl, read_definitions(KEDA)):
        restart_kserve(kubectl)
        yield
    restart_kserve(kubectl)


@pytest.mark.usefixtures("keda")
def test_keda_takes_what_kserve_makes_of_our_model(kubectl: Kubectl) -> None:
    service = get_object(build("serving-keda"), "InferenceService", "model")
    service["metadata"]["name"] = name = f"{PREFIX}-keda"

    def find_scaler() -> Object | None:
        return kubectl.find("scaledobjects.keda.sh", f"{name}-predictor", NAMESPACE)

    try:
        kubectl.apply(service)
        # The new KServe waits until the old one has given up its lease.
        scaler = wait_for(find_scaler, 120, "KServe makes a ScaledObject")
    finally:
        kubectl.run("delete", "inferenceservice", name, "--namespace", NAMESPACE, "--ignore-not-found")
    metric = service["spec"]["predictor"]["autoScaling"]["metrics"][0]["external"]
    (trigger,) = scaler["spec"]["triggers"]
    assert trigger["type"] == "prometheus"
    assert trigger["metadata"] == {
        "serverAddress": metric["metric"]["serverAddress"],
        "query": metric["metric"]["query"],
        "threshold": metric["target"]["value"],
    }
    assert (scaler["spec"]["minReplicaCount"], scaler["spec"]["maxReplicaCount"]) == (1, 3)
