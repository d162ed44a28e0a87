"""The proxy before a sweep's database, as a process on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.catalogue import ROOT

COMMAND = (sys.executable, "-m", "components.tune.proxy")


def find_free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def run_proxy(address: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a proxy before a database for the length of a block."""
    process = subprocess.Popen(
        [*COMMAND, "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "KFP_TABULAR_STUDY_URL": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = f"The database answers. Starting to listen at 127.0.0.1:{port}.\n"
        assert process.stdout.readline() == said, process.communicate()
        while not _is_listening(port):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


def _is_listening(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
