import shutil

import pytest

from components.errors import InvalidSetting
from images.build import PYTHON_IMAGE, build_images, choose_images
from images.commands import main
from images.docker_command import CommandFailed, EngineMissing
from images.layers import list_stage_images
from pipelines.image_names import ImageNames
from tests.docker_engine import needs_docker


def test_without_a_stage_all_images_are_meant() -> None:
    assert choose_images(None) == list(list_stage_images().values())
    assert [image.stage for image in choose_images("tune")] == ["tune"]


def test_a_stage_that_is_none_is_refused_and_the_nearest_offered() -> None:
    with pytest.raises(InvalidSetting, match="Did you mean 'tune'"):
        choose_images("tunes")


def test_a_mistake_ends_with_its_message_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--tag", "latest"]) == 1
    assert capsys.readouterr().err.startswith("error: The tag 'latest' may be another image tomorrow")


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command to ask")
def test_without_an_engine_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(EngineMissing, match=r"No Docker Engine answers: .*127\.0\.0\.1:9"):
        _build_problem(PYTHON_IMAGE)


def test_without_the_docker_command_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissing, match="There is no docker command"):
        _build_problem(PYTHON_IMAGE)


@pytest.mark.slow
@needs_docker
def test_a_build_that_fails_shows_what_docker_says() -> None:
    with pytest.raises(CommandFailed, match=r"docker build failed with status 1:(.|\n)*connection refused"):
        _build_problem("localhost:9/no-such-image:1")


def _build_problem(python_image: str) -> None:
    build_images(
        ImageNames("localhost:9", "1"),
        choose_images("problem"),
        python_image=python_image,
        flags=[],
        show=print,
    )
