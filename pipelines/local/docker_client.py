"""The Docker Engine: whether it answers, and whether it has the images of a pipeline."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSetting, SuiteError, format_list

if TYPE_CHECKING:
    from docker import DockerClient  # type: ignore[import-untyped]


class EngineUnavailable(SuiteError):
    """No Docker Engine can be used."""


def connect_to_engine() -> "DockerClient":
    """Return a connection to the engine that the ``docker`` command would use.

    Raises
    ------
    EngineUnavailable
        There is none, or it lets this user not in.
    """
    try:
        import docker
        from docker.errors import DockerException  # type: ignore[import-untyped]
    except ImportError:
        raise EngineUnavailable(
            "The Python package docker is not installed.", "Install it: pip install 'kfp-tabular[local]'."
        ) from None
    try:
        return docker.from_env()
    # A DOCKER_HOST that is no address at all is a ValueError.
    except (DockerException, ValueError) as error:
        if "PermissionError" in str(error):
            raise EngineUnavailable(
                "The Docker Engine does not let this user in.",
                "Join the group docker (https://docs.docker.com/engine/install/linux-postinstall/), "
                "or run the engine rootless.",
            ) from None
        raise EngineUnavailable(
            f"No Docker Engine answers: {error}.",
            "Start it, or install it: https://docs.docker.com/engine/install/. "
            "If it is elsewhere, DOCKER_HOST says where.",
        ) from None


def pull_missing_images(client: "DockerClient", images: Iterable[str]) -> None:
    """Make sure that the engine has images, and pull those that it lacks.

    Parameters
    ----------
    client : DockerClient
        A connection to the engine.
    images : iterable of str
        Whole names.

    Raises
    ------
    InvalidSetting
        An image is neither there nor to be had.
    """
    from docker.errors import DockerException

    missing = [image for image in sorted(set(images)) if not _has_image(client, image)]
    while missing:
        sys.stderr.write(f"pulling {missing[0]}\n")
        try:
            client.images.pull(missing[0])
        except DockerException as error:
            raise InvalidSetting(
                f"The engine lacks {len(missing)} of the pipeline's images, and cannot pull the first: "
                f"{format_list(missing)}. It says: {explain_engine_error(error)}",
                "Build them with make images, or name those that are built or to be pulled: "
                "--registry, --tag.",
            ) from None
        missing.pop(0)


def _has_image(client: "DockerClient", image: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def explain_engine_error(error: Exception) -> str:
    """Return in one line what the engine, or whoever failed to reach it, has to say."""
    said: Any = getattr(error, "explanation", None) or error
    return " ".join(str(said).split())
