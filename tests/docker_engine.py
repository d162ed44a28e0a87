"""A Docker Engine for tests: where none answers they are skipped, and in CI they fail.

A test asks for ``docker_engine``, or is marked ``needs_docker``.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn

import pytest
from docker import DockerClient

from components.errors import InvalidSetting
from pipelines.local.docker_client import EngineUnavailable, connect_to_engine, pull_missing_images

PYTHON_IMAGE = "python:3.11-slim-bookworm"

needs_docker = pytest.mark.usefixtures("docker_engine")


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerClient]:
    """A connection to the engine."""
    try:
        client = connect_to_engine()
    except EngineUnavailable as error:
        skip_or_fail(str(error))
    with closing(client):
        yield client


@pytest.fixture(scope="session")
def python_image(docker_engine: DockerClient) -> str:
    """Name of an image with a shell and Python, which the engine has."""
    try:
        pull_missing_images(docker_engine, [PYTHON_IMAGE])
    except InvalidSetting as error:
        skip_or_fail(str(error))
    return PYTHON_IMAGE


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, for want of something."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
