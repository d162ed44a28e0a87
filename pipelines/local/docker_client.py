"""Connects to the Docker Engine and pulls the images of a pipeline."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSetting, SuiteError, format_list

if TYPE_CHECKING:
    from docker import DockerClient


class EngineUnavailable(SuiteError):
    """There is no Docker Engine that this user can use."""


def connect_to_engine() -> "DockerClient":
    """Return a connection to the engine that the ``docker`` command would use.

    Raises
    ------
    EngineUnavailable
        There is no engine, or this user may not use it.
    """
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise EngineUnavailable(
            "The Python package docker is not installed.", "Install it: pip install 'kfp-tabular[local]'."
        ) from None
    try:
        return docker.from_env()
    # A malformed DOCKER_HOST is a ValueError.
    except (DockerException, ValueError) as error:
        if "PermissionError" in str(error):
            raise EngineUnavailable(
                "This user may not use the Docker Engine.",
                "Join the group docker (https://docs.docker.com/engine/install/linux-postinstall/), "
                "or run the engine rootless.",
            ) from None
        raise EngineUnavailable(
            f"No Docker Engine answers: {error}.",
            "Start it, or install it: https://docs.docker.com/engine/install/. "
            "If it runs on another machine, set DOCKER_HOST.",
        ) from None


def pull_missing_images(client: "DockerClient", images: Iterable[str]) -> None:
    """Pull the images, given by their full names, that the engine does not have.

    Raises
    ------
    InvalidSetting
        The engine cannot pull an image.
    """
    from docker.errors import DockerException

    missing = [image for image in sorted(set(images)) if not has_image(client, image)]
    while missing:
        sys.stderr.write(f"pulling {missing[0]}\n")
        try:
            client.images.pull(missing[0])
        except DockerException as error:
            raise InvalidSetting(
                f"The Docker Engine does not have {len(missing)} of the pipeline's images, and cannot pull "
                f"the first: {format_list(missing)}. It says: {explain_engine_error(error)}",
                "Build them with make images, or name other images with --registry and --tag.",
            ) from None
        missing.pop(0)


def has_image(client: "DockerClient", image: str) -> bool:
    """Return whether the engine has an image, given by its full name."""
    from docker.errors import ImageNotFound

    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def explain_engine_error(error: Exception) -> str:
    """Return the message of the engine or its client in one line."""
    message: Any = getattr(error, "explanation", None) or error
    return " ".join(str(message).split())
