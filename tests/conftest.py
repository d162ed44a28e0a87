"""Fixtures for all tests, and rules for their process: its memory, and which variants are slow tests."""

import gc
from collections.abc import Generator

import pytest

from tests.browser import browser  # noqa: F401
from tests.databases import shop, shop_server  # noqa: F401
from tests.docker_engine import docker_engine, python_image  # noqa: F401
from tests.dvc_data import dvc_data  # noqa: F401
from tests.minio_server import minio_server  # noqa: F401
from tests.mlflow_database import mlflow_database, tracking_uri  # noqa: F401
from tests.mlflow_server import mlflow_server  # noqa: F401
from tests.postgres import postgres  # noqa: F401
from tests.registry import registry  # noqa: F401
from tests.s3 import bucket, empty_bucket, relay, s3  # noqa: F401


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what collecting makes: a million objects that live as long as the process.

    Walking through them again and again takes a tenth of the tests' time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make the variants of a test of slow_variants slow tests, but for the first."""
    known: set[str] = set()
    for item in items:
        if item.get_closest_marker("slow_variants"):
            name = item.nodeid.split("[")[0]
            if name in known:
                item.add_marker(pytest.mark.slow)
            known.add(name)
