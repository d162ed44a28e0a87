"""A version of the suite is delivered to the cluster, and the one before comes back."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl
from tests.docker_engine import needs_docker

pytestmark = [pytest.mark.cluster, needs_docker]

NAMESPACES = ("kfp-tabular", "kubeflow")
SELECTOR = "app.kubernetes.io/part-of=kfp-tabular"


def list_own_images(kubectl: Kubectl) -> set[str]:
    """Return the images of this project that its services run."""
    workloads = [
        item
        for kind in ("deployments", "statefulsets")
        for namespace in NAMESPACES
        for item in kubectl.list(kind, namespace, SELECTOR)
    ]
    containers = [each for item in workloads for each in item["spec"]["template"]["spec"]["containers"]]
    return {each["image"] for each in containers if "/kfp-tabular-" in each["image"]}


def deliver(version: str, registry: str) -> str:
    """Deliver a version without a training run, which ``test_core`` starts; return what is printed."""
    variables = {"REGISTRY": registry, "OVERLAY": "manifests/overlays/kind", "CHECK": "0"}
    done = subprocess.run(
        [".ci/deliver", version],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def versions(suite: Kubectl) -> Iterator[tuple[str, str, str]]:
    """The registry, this version, and the next one: the same programs under another tag."""
    names = ImageNames.choose()
    registry, following = names.name_image("submit").rpartition("/")[0], f"{names.tag}-next"
    images = {*list_own_images(suite), names.name_image("submit")}
    assert all(image.endswith(f":{names.tag}") for image in images)
    copies = {image: f"{image.rpartition(':')[0]}:{following}" for image in images}
    for image, copy in copies.items():
        subprocess.run(["docker", "tag", image, copy], check=True)
    load_images(*copies.values())
    yield registry, names.tag, following
    subprocess.run([ROOT / ".ci" / "install-suite"], check=True)


def test_a_version_is_delivered_and_the_one_before_comes_back(
    suite: Kubectl, versions: tuple[str, str, str]
) -> None:
    registry, current, following = versions
    before = list_own_images(suite)
    assert len(before) > 1
    assert "serverside-applied" in deliver(following, registry)
    assert list_own_images(suite) == {image.replace(f":{current}", f":{following}") for image in before}
    deliver(current, registry)
    assert list_own_images(suite) == before
