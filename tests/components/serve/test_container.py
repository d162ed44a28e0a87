"""The image as KServe starts it, with a model that KServe's own code fetched from S3."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from docker import DockerClient
from docker.errors import ImageNotFound
from docker.models.containers import Container

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.components.serve.models import INFER, PREDICT, ROW, make_tensors, write_model
from tests.docker_engine import skip_or_fail
from tests.s3 import S3Server, make_secret
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

RUNTIME = ROOT / "manifests" / "base" / "serving" / "kfp-tabular-servingruntime.yaml"
# What the container runs that KServe puts before the server. It pins other libraries than the suite, and
# has an environment of its own.
INITIALIZER = [
    str(Path(sys.executable).with_name("uv")),
    *("run", "--quiet", "--isolated", "--no-project", "--python", sys.executable),
    *("--with", "kserve-storage==0.21.0", "python", "-c"),
]
FETCH = "import sys; from kserve_storage import Storage; Storage.download_files([sys.argv[1]], [sys.argv[2]])"
PATIENCE = 60

Fetch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def fetch() -> Fetch:
    """KServe's way from a storageUri to a folder, with the environment that its webhook gives it."""
    tried = subprocess.run([*INITIALIZER, "import kserve_storage"], capture_output=True, text=True)
    if tried.returncode:
        skip_or_fail(f"kserve-storage cannot be installed: {tried.stderr.strip()}")

    def run_fetch(uri: str, folder: Path, endpoint: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "AWS_ACCESS_KEY_ID": "owner",
            "AWS_SECRET_ACCESS_KEY": make_secret("owner"),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "S3_ENDPOINT": endpoint.removeprefix("http://"),
            "S3_USE_HTTPS": "0",
            "S3_MAX_ATTEMPTS": "1",
            "S3_CONNECT_TIMEOUT": "5",
        }
        variables = {**_list_kept(), **environment}
        command = [*INITIALIZER, FETCH, uri, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, env=variables)

    return run_fetch


def _list_kept() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_"))}


@pytest.fixture(scope="module")
def image(docker_engine: DockerClient) -> str:
    name = ImageNames.choose().name_image("serve")
    try:
        docker_engine.images.get(name)
    except ImageNotFound:
        skip_or_fail(f"there is no image {name}: make images builds it, TAG names another")
    return name


@pytest.fixture(scope="module")
def stored(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The storageUri of a model."""
    folder = tmp_path_factory.mktemp("written")
    write_model(folder, threshold=0.4)
    s3.client.make_bucket("models")
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            s3.put("models", f"small/{file.relative_to(folder)}", file.read_bytes())
    return "s3://models/small"


@pytest.fixture
def fetched(fetch: Fetch, stored: str, s3: S3Server, tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    done = fetch(stored, folder, s3.endpoint)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def start_container(engine: DockerClient, image: str, folder: Path, port: int) -> Iterator[Container]:
    """Run the server as the ServingRuntime says, and nothing more permissive."""
    (server,) = yaml.safe_load(RUNTIME.read_text(encoding="utf-8"))["spec"]["containers"]
    rights: dict[str, Any] = server["securityContext"]
    container = engine.containers.run(
        image,
        [*server["command"], *(word.replace("{{.Name}}", "small") for word in server["args"])],
        detach=True,
        user=f"{rights['runAsUser']}:{rights['runAsGroup']}",
        read_only=rights["readOnlyRootFilesystem"],
        cap_drop=rights["capabilities"]["drop"],
        security_opt=["no-new-privileges"],
        mem_limit=server["resources"]["limits"]["memory"].removesuffix("i").lower(),
        tmpfs={mount["mountPath"]: "" for mount in server["volumeMounts"]},
        volumes={str(folder): {"bind": "/mnt/models", "mode": "ro"}},
        ports={"8080/tcp": ("127.0.0.1", port)},
    )
    try:
        yield container
    finally:
        container.remove(force=True)


def wait(container: Container, url: str) -> float:
    """Wait until the server takes requests, and return how many seconds it took."""
    begun = time.monotonic()
    while True:
        try:
            httpx.get(f"{url}/v2/health/ready").raise_for_status()
            return time.monotonic() - begun
        except httpx.HTTPError:
            container.reload()
            assert container.status != "exited", container.logs().decode()
            assert time.monotonic() - begun < PATIENCE, "the container did not answer in time"
            time.sleep(0.05)


def test_a_model_from_s3_is_served_by_the_image(
    docker_engine: DockerClient, image: str, fetched: Path
) -> None:
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    with start_container(docker_engine, image, fetched, port) as container:
        sys.stdout.write(f"ready after {wait(container, url):.1f} s\n")
        with httpx.Client(base_url=url) as client:
            v1 = client.post(PREDICT, json={"instances": [ROW]}).json()
            v2 = client.post(INFER, json=make_tensors(ROW)).json()
            assert client.get("/v2/health/live").json() == {"live": True}
            assert client.get("/v2/models/small").json()["name"] == "small"
            assert client.get("/openapi.json").json()["info"]["version"] == v1["model_version"]
            metrics = client.get("/metrics").text
        (prediction,) = v1["predictions"]
        outputs = {output["name"]: output["data"] for output in v2["outputs"]}
        assert outputs["class"] == [prediction["class"]]
        assert outputs["probabilities"] == list(prediction["probabilities"].values())
        assert 'tabular_requests_total{outcome="answered",protocol="v1"} 1.0' in metrics
        container.stop(timeout=40)
        assert container.wait()["StatusCode"] == 0


def test_the_image_keeps_the_contract_of_sagemaker(
    docker_engine: DockerClient, image: str, fetched: Path
) -> None:
    port = find_free_port()
    container = docker_engine.containers.run(
        image,
        ["serve"],
        detach=True,
        volumes={str(fetched): {"bind": "/opt/ml/model", "mode": "ro"}},
        ports={"8080/tcp": ("127.0.0.1", port)},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            wait(container, str(client.base_url))
            assert client.get("/ping").status_code == 200
            body = {"instances": [ROW]}
            assert client.post("/invocations", json=body).json()["model_name"] == "model"
        container.stop(timeout=30)
        assert container.wait()["StatusCode"] == 0
    finally:
        container.remove(force=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("compiled/plan.json", "compiled"),
        ("compiled/trees-0.packed", "trees-0.packed"),
        ("schema.json", "schema.json"),
    ],
)
def test_a_damaged_file_ends_the_container_and_is_named(
    docker_engine: DockerClient, image: str, fetched: Path, name: str, says: str
) -> None:
    content = (fetched / name).read_bytes()
    (fetched / name).write_bytes(content[: len(content) // 2])
    with start_container(docker_engine, image, fetched, find_free_port()) as container:
        assert container.wait(timeout=PATIENCE)["StatusCode"] == 1
        log = container.logs().decode()
    assert says in log.partition("error: ")[2]
    assert "Traceback" not in log


def test_nothing_is_served_where_the_storage_is_down(fetch: Fetch, tmp_path: Path) -> None:
    done = fetch("s3://models/small", tmp_path, f"http://127.0.0.1:{find_free_port()}")
    assert done.returncode != 0
    assert "Could not connect to the endpoint URL" in done.stderr


def test_nothing_is_served_where_there_is_no_model(
    fetch: Fetch, stored: str, s3: S3Server, tmp_path: Path
) -> None:
    done = fetch(stored.replace("small", "other"), tmp_path, s3.endpoint)
    assert done.returncode != 0
    assert "No model found in other" in done.stderr
