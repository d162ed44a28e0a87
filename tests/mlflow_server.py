"""An MLflow server on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_SECONDS_TO_START = 90.0


@contextmanager
def run_mlflow(
    folder: Path, artifacts: str = "", variables: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Iterator[str]:
    """Run a server that goes by the name of localhost alone, and yield its address.

    ``artifacts`` is where it keeps files, by default a folder; ``variables`` are added to its environment,
    and ``options`` to its command.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--workers", "1"),
        *(
            "--artifacts-destination",
            artifacts or str(folder / "artifacts"),
            "--allowed-hosts",
            "localhost:*",
        ),
        *options,
    ]
    environment = {**os.environ, **(variables or {}), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = folder / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, env=environment, stdout=written, stderr=written, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Iterator[str]:
    """Address of a server."""
    folder = tmp_path_factory.mktemp("mlflow")
    shutil.copy(mlflow_database, folder)
    with run_mlflow(folder) as address:
        yield address


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the MLflow server did not start: {log.read_text()}")
