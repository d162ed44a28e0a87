"""The server of a model, as a process on loopback."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import httpx

from pipelines.catalogue import ROOT
from tests.sweeps_proxy import find_free_port

_PATIENCE = 60


class ModelServer(NamedTuple):
    """A server that answers.

    Attributes
    ----------
    url : str
        Its address.
    grpc : str
        Host and port of its gRPC.
    process : Popen
        The process that was started.
    log : file
        What it writes.
    """

    url: str
    grpc: str
    process: "subprocess.Popen[str]"
    log: IO[str]

    def read_output(self) -> str:
        """Return what the server has written so far."""
        self.log.seek(0)
        return self.log.read()


@contextmanager
def run_model_server(
    folder: Path,
    *options: str,
    name: str = "small",
    port: int | None = None,
    module: str = "components.serve",
) -> Iterator[ModelServer]:
    """Serve a model's folder until the block ends, at a free port or a given one."""
    port, grpc_port = port or find_free_port(), find_free_port()
    words = [module, "--model_dir", str(folder), "--model_name", name]
    words += ["--http_port", str(port), "--grpc_port", str(grpc_port), "--drain_seconds", "0.5", *options]
    with _run(words, port, grpc_port) as server:
        yield server


@contextmanager
def run_app_of_runs(runs: Path, run: str, *options: str) -> Iterator[ModelServer]:
    """Serve the model of a run with the app, by the command for it, until the block ends."""
    port = find_free_port()
    words = ["pipelines", "serve", "--app", "--runs", str(runs), "--run", run, "--port", str(port), *options]
    with _run(words, port, 0) as server:
        yield server


@contextmanager
def _run(words: list[str], port: int, grpc_port: int) -> Iterator[ModelServer]:
    command = [sys.executable, "-m", *words]
    # Into a file: nobody reads a pipe meanwhile, and who writes into a full one waits.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        server = ModelServer(f"http://127.0.0.1:{port}", f"127.0.0.1:{grpc_port}", process, log)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


def _wait(server: ModelServer) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(f"{server.url}/v2/health/ready").raise_for_status()
            return
        except httpx.HTTPError:
            assert server.process.poll() is None, server.read_output()
            assert time.monotonic() < end, "the server did not answer in time"
            time.sleep(0.05)
