"""The server of a model, as a process on loopback."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.sweeps_proxy import ROOT, free_port

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
    """

    url: str
    grpc: str
    process: "subprocess.Popen[str]"


@contextmanager
def running_server(folder: Path, *options: str, name: str = "small") -> Iterator[ModelServer]:
    """Serve a model's folder until the block ends."""
    port, grpc_port = free_port(), free_port()
    command = [sys.executable, "-m", "components.serve", "--model_dir", str(folder), "--model_name", name]
    command += ["--http_port", str(port), "--grpc_port", str(grpc_port), "--drain_seconds", "0.5", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    server = ModelServer(f"http://127.0.0.1:{port}", f"127.0.0.1:{grpc_port}", process)
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
            assert server.process.poll() is None, server.process.communicate()[0]
            assert time.monotonic() < end, "the server did not answer in time"
            time.sleep(0.05)
