"""A cluster with the suite on it, and runs on it as a person starts them.

The tests run against the cluster that KUBECONFIG names, which has Kubeflow Pipelines, and KServe for tests of
deployments: a kind cluster of ``make cluster``, or any other for tests. What they make has names that begin
with ``cluster-test``.
"""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from minio import Minio

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl, KubectlError, Object
from tests.cluster.private_registry import private_image  # noqa: F401
from tests.cluster.registry import TrainedModel, fetch_version
from tests.cluster.runs import PREFIX, ClusterRuns, compile_specs, delete_leftovers
from tests.docker_engine import skip_or_fail
from tests.manifests.builds import render_parts

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
    """The compiled pipelines."""
    return compile_specs(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="session")
def runs(suite: Kubectl, spec_folder: Path) -> Iterator[ClusterRuns]:
    """Starts runs with ``python -m pipelines submit``."""
    with ExitStack() as stack:
        address = stack.enter_context(suite.forward_port("ml-pipeline", "kubeflow", 8888))
        yield ClusterRuns(suite, spec_folder, f"http://{address}")


@pytest.fixture(scope="session")
def trained_model(runs: ClusterRuns) -> TrainedModel:
    """A model of the sample, for all tests that only need one."""
    name = f"{PREFIX}-model"
    run = runs.run("training", "trials=3", "budget_minutes=2", f"model_name={name}")
    assert run.exit_status == 0, run.output
    return TrainedModel(name, fetch_version(runs.kubectl, name)["version"])


@pytest.fixture(scope="module")
def git_schedules(suite: Kubectl) -> Iterator[list[Object]]:
    """The objects of the overlay schedules, which are there; none starts a run by itself."""
    name = ImageNames.choose().name_image("submit")
    load_images(name)
    image, _, tag = name.rpartition(":")
    images = [{"name": "docker.io/kfptabular/kfp-tabular-submit", "newName": image, "newTag": tag}]
    objects = list(yaml.load_all(render_parts(["overlays/schedules"], images=images), yaml.CSafeLoader))
    for item in objects:
        if item["kind"] == "CronJob":
            item["spec"]["suspend"] = True
    try:
        suite.apply(*objects, options=["--warnings-as-errors"])
        yield objects
    finally:
        suite.delete(*objects)


@pytest.fixture
def data(suite: Kubectl) -> Iterator[Minio]:
    """MinIO's bucket for tables, with the key of the user who writes them."""
    secret = suite.get("secret", "minio-users", "kfp-tabular")["data"]["DATA_SECRET_KEY"]
    with suite.forward_port("minio", "kfp-tabular", 9000) as address:
        yield Minio(address, "kfp-tabular-data", base64.b64decode(secret).decode(), secure=False)
