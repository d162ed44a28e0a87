"""A real MinIO server on loopback, whose buckets keep versions.

It is built from source, as its image is: `go install` with the module and version of
images/services/minio/Dockerfile.
"""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.docker_engine import skip_or_fail
from tests.s3 import S3Server, make_secret

_SECONDS_TO_START = 30.0


@contextmanager
def run_minio(folder: Path, user: str, password: str) -> Iterator[str]:
    """Run a server that keeps its objects in a folder; yield its address."""
    program = shutil.which("minio")
    if program is None:
        skip_or_fail("minio is missing: go install it as images/services/minio/Dockerfile does")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {
        "HOME": str(folder),
        "MINIO_UPDATE": "off",
        "MINIO_BROWSER": "off",
        "MINIO_ROOT_USER": user,
        "MINIO_ROOT_PASSWORD": password,
    }
    command = [program, "server", str(folder / "data"), f"--address={address}", "--quiet"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(f"http://{address}/", process)
            yield f"http://{address}"
        finally:
            process.kill()


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server for all tests; each takes a bucket of its own."""
    with run_minio(tmp_path_factory.mktemp("minio"), "owner", make_secret("owner")) as endpoint:
        yield S3Server(endpoint)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the API answers. Earlier than that, it asks clients to wait for a minute, and they do."""
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
        except HTTPError as error:
            # Without credentials it refuses, once it knows them.
            if error.code == HTTPStatus.FORBIDDEN:
                return
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("minio did not start")
