"""A commit is published as by a CI service: to a real registry, signed with a key in place of an identity."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipelines.catalogue import ROOT
from tests.docker_engine import needs_docker, skip_or_fail
from tests.own_checkout import make_checkout, run_git

pytestmark = [pytest.mark.slow, needs_docker]

TAG = "9.9.9-test"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key pair of cosign's, without a password."""
    if shutil.which("cosign") is None:
        skip_or_fail("cosign is missing: .ci/run installs it")
    folder = tmp_path_factory.mktemp("key")
    environment = {**os.environ, "COSIGN_PASSWORD": ""}
    subprocess.run(
        ["cosign", "generate-key-pair"], cwd=folder, env=environment, check=True, capture_output=True
    )
    return folder / "cosign.key"


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, registry: str, key: Path
) -> Iterator[tuple[Path, str]]:
    """A checkout of which all has been published, and what the script wrote."""
    checkout = make_checkout(tmp_path_factory.mktemp("published") / "checkout")
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        # Older than what is installed, or make would install it again.
        os.utime(checkout / name, (0, 0))
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "REGISTRY": f"{registry}/team",
        "TAG": TAG,
        "COSIGN_KEY": str(key),
        "COSIGN_PASSWORD": "",
        "COSIGN_FLAGS": "--tlog-upload=false --allow-http-registry",
    }
    done = subprocess.run(
        [".ci/publish"], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    yield checkout, done.stdout
    listed = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", f"{registry}/team/*"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    subprocess.run(["docker", "rmi", "--force", *listed], check=False, capture_output=True)


def verify(key: Path, *words: str) -> str:
    flags = ["--key", str(key.with_suffix(".pub")), "--insecure-ignore-tlog", "--allow-http-registry"]
    return subprocess.run(["cosign", *words, *flags], check=True, capture_output=True, text=True).stdout


def test_every_image_is_pushed_signed_and_says_where_it_comes_from(
    published: tuple[Path, str], key: Path
) -> None:
    checkout, _ = published
    record = json.loads((checkout / "dist/release/images.json").read_text())
    stages = {path.parent.name for path in checkout.glob("images/*/Dockerfile")} - {"base"}
    assert set(record["digests"]) == stages | {"mlflow", "submit"}
    assert record["revision"] == run_git(checkout, "rev-parse", "HEAD")
    name = f"{record['registry']}/kfp-tabular-log-sink@{record['digests']['log_sink']}"
    verify(key, "verify", name)
    verify(key, "verify-attestation", "--type", "cyclonedx", name)
    verify(key, "verify-attestation", "--type", "slsaprovenance1", name)
    predicate = json.loads((checkout / "dist/release/provenance.json").read_text())
    source = predicate["buildDefinition"]["resolvedDependencies"][0]
    assert source["digest"] == {"gitCommit": record["revision"]}


def test_the_pipelines_name_the_images_that_were_pushed(published: tuple[Path, str]) -> None:
    checkout, _ = published
    digests = json.loads((checkout / "dist/release/images.json").read_text())["digests"]
    with tarfile.open(checkout / "dist/release/pipelines.tar.gz") as packed:
        text = packed.extractfile("pipelines/training.yaml").read()  # type: ignore[union-attr]
    spec, *_ = yaml.safe_load_all(text)
    image = spec["deploymentSpec"]["executors"]["exec-problem"]["container"]["image"]
    assert image.endswith(f"/kfp-tabular-problem@{digests['problem']}")


def test_a_version_is_delivered_by_its_name_alone(published: tuple[Path, str], registry: str) -> None:
    image = f"{registry}/team/kfp-tabular-submit:{TAG}"
    words = ["submit", "training", "--dry-run", "--host", "http://127.0.0.1:9"]
    command = ["docker", "run", "--rm", image, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Nothing was sent." in done.stdout


def test_what_a_release_offers_has_checksums(published: tuple[Path, str]) -> None:
    checkout, _ = published
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=checkout / "dist/release", check=False
    )
    assert done.returncode == 0


def test_a_version_that_was_not_published_is_not_delivered(registry: str) -> None:
    done = subprocess.run(
        [".ci/deliver", "0.0.0-nothing"],
        cwd=ROOT,
        env={**os.environ, "REGISTRY": f"{registry}/team"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "error: there is no version 0.0.0-nothing" in done.stderr


def test_no_registry_is_an_error_before_anything_is_built() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REGISTRY"}
    done = subprocess.run(
        [".ci/publish"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "set REGISTRY, for example docker.io/team" in done.stderr
