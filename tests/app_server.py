"""The app of several models, as a process on loopback."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import httpx

from pipelines.catalogue import ROOT
from tests.sweeps_proxy import find_free_port

_PATIENCE = 60


class AppServer(NamedTuple):
    """A server that answers.

    Attributes
    ----------
    url : str
        Its address.
    process : Popen
        The process that was started.
    log : file
        What it writes.
    """

    url: str
    process: "subprocess.Popen[str]"
    log: IO[str]

    def read_output(self) -> str:
        """Return what the server has written so far."""
        self.log.seek(0)
        return self.log.read()


def write_addresses(folder: Path, models: Mapping[str, str]) -> Path:
    """Write the models' list as Kubernetes mounts a ConfigMap, and return its folder."""
    data = folder / "..2026_11_30"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, url in models.items():
        (data / name).write_text(url, encoding="utf-8")
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@contextmanager
def run_app_server(models: Mapping[str, str], *options: str) -> Iterator[AppServer]:
    """Serve the app of models, by their predictors' addresses, until the block ends."""
    port = find_free_port()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        addresses = write_addresses(Path(folder) / "models", models)
        command = [sys.executable, "-m", "components.app", "--models", str(addresses), "--port", str(port)]
        command += ["--drain_seconds", "0.1", *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, text=True)
        server = AppServer(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


def _wait(server: AppServer) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(f"{server.url}/healthz").raise_for_status()
            # It is written when the server heeds signals, too.
            if "The app of" in server.read_output():
                return
        except httpx.HTTPError:
            assert server.process.poll() is None, server.read_output()
            assert time.monotonic() < end, "the app did not answer in time"
            time.sleep(0.05)
