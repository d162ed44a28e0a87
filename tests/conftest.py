"""Fixtures for all tests."""

from tests.browser import browser  # noqa: F401
from tests.docker_engine import docker_engine, python_image  # noqa: F401
from tests.mlflow_database import mlflow_database, tracking_uri  # noqa: F401
from tests.mlflow_server import mlflow_server  # noqa: F401
from tests.postgres import postgres  # noqa: F401
from tests.registry import registry  # noqa: F401
from tests.s3 import bucket, empty_bucket, relay, s3  # noqa: F401
