"""A cluster with the suite on it, and runs on it as a person starts them.

The tests run against the cluster that KUBECONFIG names, which has Kubeflow Pipelines, and KServe for tests of
deployments: a kind cluster of ``make cluster``, or any other for tests. What they make has names that begin
with ``cluster-test``.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl, KubectlError
from tests.cluster.runs import ClusterRuns, delete_leftovers
from tests.docker_engine import skip_or_fail

_INSTALL_SECONDS = 1200


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """The cluster, which has Kubeflow Pipelines."""
    if shutil.which("kubectl") is None or not os.environ.get("KUBECONFIG"):
        skip_or_fail("kubectl is missing, or KUBECONFIG names no cluster for tests")
    client = Kubectl()
    try:
        client.run("get", "deployment", "ml-pipeline", "--namespace", "kubeflow")
    except KubectlError as error:
        skip_or_fail(f"the cluster of KUBECONFIG lacks Kubeflow Pipelines: {error}")
    return client


@pytest.fixture(scope="session")
def kserve(kubectl: Kubectl) -> None:
    """KServe, without which models are trained but not deployed."""
    try:
        kubectl.run("get", "crd", "inferenceservices.serving.kserve.io")
    except KubectlError as error:
        skip_or_fail(f"the cluster of KUBECONFIG lacks KServe: {error}")


@pytest.fixture(scope="session")
def suite(kubectl: Kubectl) -> Iterator[Kubectl]:
    """The cluster with our images and services."""
    subprocess.run([ROOT / ".ci" / "install-suite"], check=True, timeout=_INSTALL_SECONDS)
    delete_leftovers(kubectl)
    yield kubectl
    delete_leftovers(kubectl)


@pytest.fixture(scope="session")
def spec_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled pipelines, whose tasks reserve little: two processors are enough for two workers."""
    folder = tmp_path_factory.mktemp("compiled")
    subprocess.run([sys.executable, "-m", "pipelines", "compile", "--output", folder], check=True, cwd=ROOT)
    for path in (folder / "pipelines").glob("*.yaml"):
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        for executor in documents[0]["deploymentSpec"]["executors"].values():
            executor["container"]["resources"]["resourceCpuRequest"] = "50m"
            executor["container"]["resources"]["resourceMemoryRequest"] = "256Mi"
        path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def runs(suite: Kubectl, spec_folder: Path) -> Iterator[ClusterRuns]:
    """Starts runs with ``python -m pipelines submit``."""
    with ExitStack() as stack:
        address = stack.enter_context(suite.forward_port("ml-pipeline", "kubeflow", 8888))
        yield ClusterRuns(suite, spec_folder, f"http://{address}")
