"""Two profiles of Kubeflow: each reaches the shared services, and neither the other.

Kubeflow itself has no profiles here. Namespaces with its label stand in for what its controller makes: these
tests see what our manifests do there, and not what Kubeflow and Istio add.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.kubectl import Kubectl
from tests.cluster.probes import Probe, run_probes, start_listener
from tests.cluster.runs import ACCOUNT, PREFIX
from tests.cluster.test_policies import CACHE, METADATA, MINIO, PIPELINES, SERVICES, TASK
from tests.cluster.test_rights import Right
from tests.manifests.builds import render_parts
from tests.manifests.test_network import COMPONENT, PART

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

FIRST, SECOND = PROFILES = (f"{PREFIX}-team-a", f"{PREFIX}-team-b")
SERVER, TRAIN = {**TASK, COMPONENT: "serve"}, {**TASK, COMPONENT: "train"}
NOTEBOOK = {"app": "notebook"}
SHARED = (*SERVICES, PIPELINES, CACHE, METADATA)
# Pods of the first profile, and whom each reaches: shared services, and listening pods of either profile.
REACHED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "train": (TRAIN, SHARED),
    "ingest": ({**TASK, COMPONENT: "ingest"}, SHARED),
    "deploy": ({**TASK, COMPONENT: "deploy"}, (*SHARED, f"{FIRST} server")),
    "server": (SERVER, (MINIO,)),
    # Our policies are about our pods: this one shows that the other profile can be reached at all.
    "notebook": (NOTEBOOK, (PIPELINES, CACHE, METADATA, f"{FIRST} notebook", f"{SECOND} notebook")),
}
LISTENERS = {"server": SERVER, "task": TRAIN, "notebook": NOTEBOOK}
OTHERS_OBJECTS = [
    Right(verb, resource)
    for verb in ("get", "list", "watch")
    for resource in ("secrets", "configmaps", "pods", "inferenceservices", "workflows")
]
GROUPS = {"inferenceservices": "serving.kserve.io", "workflows": "argoproj.io"}


@pytest.fixture(scope="module")
def profiles(suite: Kubectl) -> Iterator[Kubectl]:
    """Two namespaces as docs/cluster.md sets them up, with what model servers need."""
    try:
        for name in PROFILES:
            metadata = {"name": name, "labels": {PART: "kubeflow-profile"}}
            suite.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
            text = render_parts(["overlays/profile", "base/serving"], namespace=name)
            suite.apply(*yaml.load_all(text, yaml.CSafeLoader), options=["--warnings-as-errors"])
        yield suite
    finally:
        suite.run("delete", "namespace", *PROFILES, "--ignore-not-found", seconds=300)


@pytest.fixture(scope="module")
def listeners(profiles: Kubectl) -> dict[str, str]:
    """Addresses of pods that listen, by profile and name."""
    return {
        f"{namespace} {name}": start_listener(profiles, f"listening-{name}", namespace, labels)
        for namespace in PROFILES
        for name, labels in LISTENERS.items()
    }


@pytest.fixture(scope="module")
def probes(profiles: Kubectl, listeners: dict[str, str]) -> dict[str, Any]:
    """What each pod of the first profile reached, by the names that REACHED has."""
    addresses = {**{address: address for address in SHARED}, **listeners}
    targets = list(addresses.values())
    found = run_probes(
        profiles, {name: Probe(FIRST, labels, targets) for name, (labels, _) in REACHED.items()}
    )
    names = {address: name for name, address in addresses.items()}
    return {name: {names[address] for address in probe["reached"]} for name, probe in found.items()}


@pytest.mark.parametrize("name", REACHED)
def test_a_pod_reaches_shared_services_and_nothing_of_the_other_profile(
    name: str, probes: dict[str, set[str]]
) -> None:
    assert probes[name] == set(REACHED[name][1])


def is_permitted(kubectl: Kubectl, account: str, right: Right, namespace: str) -> bool:
    attributes = {
        "namespace": namespace,
        "verb": right.verb,
        "resource": right.resource,
        "group": GROUPS.get(right.resource, ""),
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{FIRST}:{account}", "resourceAttributes": attributes},
    }
    text = kubectl.run("create", "--filename", "-", "--output", "json", content=json.dumps(review))
    return bool(json.loads(text)["status"]["allowed"])


@pytest.mark.parametrize("account", [ACCOUNT, "kfp-tabular-watch", "kfp-tabular-serving"])
def test_an_account_reads_nothing_of_the_other_profile(account: str, profiles: Kubectl) -> None:
    permitted = [right for right in OTHERS_OBJECTS if is_permitted(profiles, account, right, SECOND)]
    assert permitted == []


def test_an_account_reads_pods_of_its_own_profile(profiles: Kubectl) -> None:
    assert is_permitted(profiles, ACCOUNT, Right("get", "pods"), FIRST)
