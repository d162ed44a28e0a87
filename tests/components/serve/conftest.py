"""A model and its server, for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.serve.served_model import ServedModel
from tests.components.serve.models import write_model
from tests.model_server import ModelServer, run_model_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    return path


@pytest.fixture(scope="module")
def served(folder: Path) -> ServedModel:
    return ServedModel.load(folder)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ModelServer]:
    with run_model_server(folder, "--max_rows", "50", "--max_bytes", "100000") as running:
        yield running


@pytest.fixture
def client(server: ModelServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as opened:
        yield opened
