"""Whether the check finds what it is for: images that are spoilt on purpose."""

import subprocess
from collections.abc import Iterator

import pytest

from images.build import build_images, choose_images
from images.check import UnfitImage, check_images, collect_faults
from pipelines.image_names import ImageNames
from tests.docker_engine import PYTHON_IMAGE, needs_docker

pytestmark = [pytest.mark.slow, needs_docker]

NAMES = ImageNames("localhost:9/check", "test")
IMAGE = choose_images("problem")[0]


@pytest.fixture(scope="module", autouse=True)
def fit(python_image: str) -> Iterator[None]:
    """An image as it should be."""
    build_images(NAMES, [IMAGE], python_image=PYTHON_IMAGE, flags=["--network", "host"], show=print)
    yield
    listed = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "localhost:9/check/*"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    subprocess.run(["docker", "rmi", "--force", *listed], check=True, capture_output=True)


def find_faults(*instructions: str) -> list[str]:
    """Return the faults of the image with further instructions of a Dockerfile."""
    name = "localhost:9/check/spoilt:test"
    dockerfile = "\n".join([f"FROM {NAMES.name_image('problem')}", *instructions])
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", name, "-"],
        input=dockerfile,
        check=True,
        capture_output=True,
        text=True,
    )
    return collect_faults(name, IMAGE)


def test_an_image_as_it_should_be_has_no_fault() -> None:
    told: list[str] = []
    check_images(NAMES, [IMAGE], told.append)
    assert told == [f"ok     {NAMES.name_image('problem')}"]


def as_root(command: str) -> list[str]:
    return ["USER root", f"RUN {command}", "USER 1000"]


SITE = "cd /opt/venv/lib/python3*/site-packages"
EXTRA = r"Name: extra\nVersion: 1\n"
CODE = "/opt/kfp-tabular/components"


@pytest.mark.parametrize(
    ("instructions", "fault"),
    [
        (["USER root"], "it runs as 'root', but Kubernetes needs the number of a user other than root"),
        (["USER nobody"], "it runs as 'nobody', but Kubernetes needs the number"),
        (
            ["LABEL org.opencontainers.image.revision="],
            "the label org.opencontainers.image.revision is missing",
        ),
        (
            ["ENV PIP_INDEX_URL=https://team:hunter2@example.org/simple"],
            "its environment contains an address with a password",
        ),
        (as_root(f"{SITE} && rm -r typing_inspection*"), "typing-inspection is missing, but "),
        (as_root(f"{SITE} && rm -r typing_inspection*"), "pydantic needs typing-inspection>="),
        (
            as_root(f"{SITE} && mkdir extra-1.dist-info && printf '{EXTRA}' > extra-1.dist-info/METADATA"),
            "extra 1 is not required",
        ),
        (as_root(f"rm -r {CODE}/__pycache__"), f"modules are not compiled, such as {CODE}/__init__.py"),
        (
            as_root(f"echo 'import pandas' >> {CODE}/problem/brief.py && rm -r {CODE}/problem/__pycache__"),
            "components.problem.brief cannot be imported: ModuleNotFoundError: No module named 'pandas'",
        ),
        (as_root(f"chmod 777 {CODE}"), f"every user can write to {CODE}"),
        (as_root("touch /usr/bin/gcc && chmod +x /usr/bin/gcc"), "it contains the compiler gcc"),
        (as_root(f"rm -r {CODE}/problem"), "the stage's code is missing"),
    ],
)
def test_a_fault_is_found_and_named(instructions: list[str], fault: str) -> None:
    assert any(fault in found for found in find_faults(*instructions))


def test_all_faults_are_told_at_once() -> None:
    told: list[str] = []
    with pytest.raises(
        UnfitImage, match=r"kfp-tabular-tune:none: it is not on this machine.*\n.*kfp-tabular-eda:none: it is"
    ):
        check_images(
            ImageNames("localhost:9", "none"), [*choose_images("tune"), *choose_images("eda")], told.append
        )
    assert len(told) == 2
