import pytest

from components.errors import InvalidSetting
from images.build import build_images, choose_images
from images.docker_command import CommandFailed
from images.layers import list_stage_images
from pipelines.image_names import ImageNames
from tests.docker_engine import needs_docker


def test_without_a_stage_all_images_are_meant() -> None:
    assert choose_images(None) == list(list_stage_images().values())
    assert [image.stage for image in choose_images("tune")] == ["tune"]


def test_a_stage_that_is_none_is_refused_and_the_nearest_offered() -> None:
    with pytest.raises(InvalidSetting, match="Did you mean 'tune'"):
        choose_images("tunes")


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
