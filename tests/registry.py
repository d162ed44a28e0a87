"""A container registry on loopback, for tests and benchmarks that push."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docker_engine import skip_or_fail

_COMMAND = "docker-registry"
_SECONDS_TO_START = 20.0


@contextmanager
def run_registry(folder: Path) -> Iterator[str]:
    """Run a registry that keeps its layers in a folder, and yield its address, as ``localhost:40123``.

    Docker trusts a registry on loopback without TLS.
    """
    configuration = folder / "registry.yml"
    configuration.write_text(
        "version: 0.1\nstorage:\n  filesystem:\n"
        f"    rootdirectory: {folder / 'layers'}\nhttp:\n  addr: 127.0.0.1:0\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}"}
    log = folder / "registry.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [_COMMAND, "serve", str(configuration)], env=environment, stdout=written, stderr=written
        )
    try:
        _wait(f"http://127.0.0.1:{port}/v2/", server, log)
        yield f"localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty registry."""
    if shutil.which(_COMMAND) is None:
        skip_or_fail(f"{_COMMAND} is missing: install Debian's package of that name")
    with run_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the registry did not start: {log.read_text()}")
