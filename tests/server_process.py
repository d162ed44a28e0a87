"""A server of the suite, as a process on loopback."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import httpx

from pipelines.catalogue import ROOT

_PATIENCE = 60


@dataclass(frozen=True)
class ServerProcess:
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

    def wait_until(self, is_done: Callable[[], object], seconds: float = _PATIENCE) -> None:
        """Wait until something holds; the server must live as long."""
        end = time.monotonic() + seconds
        while not is_done():
            assert self.process.poll() is None, self.read_output()
            assert time.monotonic() < end, self.read_output()
            time.sleep(0.05)

    def is_alive(self, path: str) -> bool:
        """Return whether the server answers at a path with success."""
        try:
            return httpx.get(f"{self.url}{path}").is_success
        except httpx.TransportError:
            return False


@contextmanager
def start_server(
    words: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[tuple["subprocess.Popen[str]", IO[str]]]:
    """Start ``python -m`` and some words for a block; yield the process and what it writes."""
    # Into a file: nobody reads a pipe meanwhile, and who writes into a full one waits.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process, log
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()
                process.wait(20)
