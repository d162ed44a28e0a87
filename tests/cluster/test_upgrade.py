"""An upgrade of the suite between training and deploying."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.deploy.model_endpoint import TOLERANCE, HeldOutRows, ModelEndpoint
from components.deploy.objects import CONTAINER
from pipelines.image_names import ImageNames
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl, Object
from tests.cluster.registry import TrainedModel, fetch_held_out
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns, compile_specs
from tests.docker_engine import needs_docker

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve"), needs_docker]

SERVICE = f"{PREFIX}-upgraded"
# The images of the deployment pipeline.
STAGES = ("register", "deploy", "notify")


@pytest.fixture
def next_suite(runs: ClusterRuns, tmp_path: Path) -> Iterator[tuple[ImageNames, ClusterRuns]]:
    """The suite under another tag: the same programs, but no image and no spec has the name that it had."""
    current = ImageNames.choose()
    following = ImageNames.choose(tag=f"{current.tag}-next")
    names = [following.name_image(stage) for stage in STAGES]
    for stage, name in zip(STAGES, names, strict=True):
        subprocess.run(["docker", "tag", current.name_image(stage), name], check=True)
    load_images(*names)
    yield following, ClusterRuns(runs.kubectl, compile_specs(tmp_path, "--tag", following.tag), runs.host)
    runs.kubectl.run("delete", "inferenceservice", SERVICE, "--namespace", NAMESPACE, "--ignore-not-found")


def collect_images(pods: list[Object], container: str) -> set[str]:
    containers = [item for pod in pods for item in pod["spec"]["containers"]]
    return {item["image"] for item in containers if item["name"] == container}


def test_the_next_suite_deploys_a_model_of_the_one_before(
    next_suite: tuple[ImageNames, ClusterRuns], kubectl: Kubectl, trained_model: TrainedModel
) -> None:
    following, runs = next_suite
    name, version = trained_model
    words = [f"model_name={name}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    run = runs.run("deployment", *words, "step_seconds=5")
    assert run.exit_status == 0, run.output
    assert collect_images(run.list_pods("deploy"), "main") == {following.name_image("deploy")}
    # A model needs the versions that trained it, so its server is of the suite that did.
    servers = kubectl.list("pods", NAMESPACE, f"serving.kserve.io/inferenceservice={SERVICE}")
    assert collect_images(servers, CONTAINER) == {ImageNames.choose().name_image("serve")}
    with kubectl.forward_port(f"{SERVICE}-predictor", NAMESPACE, 80) as address:
        endpoint = ModelEndpoint(f"http://{address}", SERVICE)
        difference = endpoint.check_predictions(HeldOutRows(**fetch_held_out(kubectl, trained_model)))
    assert difference <= TOLERANCE
