"""A predictor, and the app in front of it, for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app_server import run_app_server
from tests.components.serve.models import write_model
from tests.model_server import ModelServer, run_model_server
from tests.server_process import ServerProcess

# Where nobody listens: the port of TCP's multiplexer.
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    (path / "card.md").write_text("# A card\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ModelServer]:
    with run_model_server(folder, "--max_rows", "50") as running:
        yield running


@pytest.fixture(scope="module")
def app(server: ModelServer) -> Iterator[ServerProcess]:
    with run_app_server({"small": server.url, "tall": NOBODY}, "--max_bytes", "50000") as running:
        yield running


@pytest.fixture
def client(app: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url) as opened:
        yield opened
