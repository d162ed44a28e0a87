import shutil

import pytest

from images.build import PYTHON_IMAGE, build_images, choose_images
from images.docker_command import EngineMissing
from pipelines.image_names import ImageNames


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command to ask")
def test_without_an_engine_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(EngineMissing, match=r"No Docker Engine answers: .*127\.0\.0\.1:9"):
        _build_problem(PYTHON_IMAGE)


def test_without_the_docker_command_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissing, match="There is no docker command"):
        _build_problem(PYTHON_IMAGE)


def _build_problem(python_image: str) -> None:
    build_images(
        ImageNames("localhost:9", "1"),
        choose_images("problem"),
        python_image=python_image,
        flags=[],
        show=print,
    )
