"""Pushing to a real registry, from a repository of its own."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docker_engine import PYTHON_IMAGE, needs_docker
from tests.own_checkout import make_checkout, run_git, run_module

pytestmark = [pytest.mark.slow, needs_docker]


def check_success(checkout: Path, *words: str) -> str:
    done = run_module(checkout, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the files of this one, all of them committed."""
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def names(registry: str) -> Iterator[list[str]]:
    """Options that name images in the registry; what was built with them is removed."""
    yield ["--registry", f"{registry}/team", "--tag", "9.9.9-test"]
    listed = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", f"{registry}/team/*"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    subprocess.run(["docker", "rmi", "--force", *listed], check=False, capture_output=True)


def test_a_pushed_image_is_in_the_registry_and_in_the_spec_by_its_digest(
    checkout: Path, names: list[str]
) -> None:
    check_success(checkout, "images", "build", "--stage", "problem", *names)
    told = check_success(checkout, "images", "push", "--stage", "problem", *names)
    record = json.loads((checkout / "dist/images.json").read_text())
    digest = record["digests"]["problem"]
    assert (record["registry"], record["tag"]) == (names[1], names[3])
    assert record["revision"] == run_git(checkout, "rev-parse", "HEAD")
    assert digest in told

    address, _, path = names[1].partition("/")
    request = urllib.request.Request(f"http://{address}/v2/{path}/kfp-tabular-problem/manifests/{digest}")
    request.add_header("Accept", "application/vnd.docker.distribution.manifest.v2+json")
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Docker-Content-Digest"] == digest

    refused = run_module(checkout, "pipelines", "compile", "--pin")
    assert refused.returncode == 2
    assert "The image of deploy was not pushed with the others." in refused.stderr
    assert not (checkout / "dist/components").exists()

    record["digests"] = dict.fromkeys(
        (path.parent.name for path in checkout.glob("images/*/Dockerfile")), digest
    )
    (checkout / "dist/images.json").write_text(json.dumps(record))
    check_success(checkout, "pipelines", "compile", "--pin")
    spec = yaml.safe_load((checkout / "dist/components/problem.yaml").read_text())
    image = spec["deploymentSpec"]["executors"]["exec-problem"]["container"]["image"]
    assert image == f"{names[1]}/kfp-tabular-problem@{digest}"


def test_nothing_is_pushed_that_nobody_could_build_again(checkout: Path, names: list[str]) -> None:
    words = ["--stage", "problem", *names]
    missing = run_module(checkout, "images", "push", *words)
    assert missing.returncode == 1
    assert "is not on this machine.\nBuild it: make images" in missing.stderr

    check_success(checkout, "images", "build", *words)
    (checkout / "README.md").write_text("")
    dirty = run_module(checkout, "images", "push", *words)
    assert dirty.returncode == 1
    assert dirty.stderr.startswith("error: Files differ from the last commit")

    run_git(checkout, "commit", "--quiet", "--all", "--message", "Something else")
    stale = run_module(checkout, "images", "push", *words)
    assert stale.returncode == 1
    assert f"was built from {run_git(checkout, 'rev-parse', 'HEAD~1')}" in stale.stderr
    assert not (checkout / "dist/images.json").exists()


def test_a_release_stands_on_a_python_image_named_by_its_digest(
    checkout: Path,
    names: list[str],
    registry: str,
) -> None:
    words = ["--stage", "problem", "--registry", names[1], "--tag", "9.9.9"]
    check_success(checkout, "images", "build", *words)
    refused = run_module(checkout, "images", "push", *words)
    assert refused.returncode == 1
    assert f"the content of its base image {PYTHON_IMAGE} may change." in refused.stderr

    copy = f"{registry}/team/python:3.11-slim-bookworm"
    subprocess.run(["docker", "tag", PYTHON_IMAGE, copy], check=True)
    pushed = subprocess.run(["docker", "push", copy], check=True, capture_output=True, text=True).stdout
    digest = pushed.split("digest: ")[1].split()[0]
    check_success(checkout, "images", "build", *words, "--python-image", f"{copy}@{digest}")
    assert "kfp-tabular-problem:9.9.9" in check_success(checkout, "images", "push", *words)


def test_a_registry_that_does_not_answer_is_named(checkout: Path) -> None:
    words = ["--stage", "problem", "--registry", "localhost:9/team", "--tag", "1-test"]
    check_success(checkout, "images", "build", *words)
    refused = run_module(checkout, "images", "push", *words)
    subprocess.run(["docker", "rmi", "localhost:9/team/kfp-tabular-problem:1-test"], check=True)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: docker push failed with status 1:")
    assert "Log in with docker login, and check that you may write localhost:9/team" in refused.stderr
    assert not (checkout / "dist/images.json").exists()
