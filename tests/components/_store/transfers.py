"""Fetching, from a real server, over a relay that does what networks do."""

from pathlib import Path

from components._store.address import Address
from components._store.store import Store
from components.environment import Environment
from tests.s3 import Fault, Relay, S3Server

CONTENT = bytes(range(256)) * 4096
PART = 5 << 20
LARGE = CONTENT * 6
AT_ONCE = (0.0,) * 4
UNAVAILABLE = Fault(answer=(503, {"Content-Type": "text/html"}, b"<html>busy</html>"))
SLOW_DOWN = Fault(answer=(503, {"Content-Type": "application/xml"}, b"<Error><Code>SlowDown</Code></Error>"))


def store(environment: Environment) -> Store:
    return Store(environment, timeout=5, waits=AT_ONCE)


def fetch_bytes(s3: S3Server, relay: Relay, address: Address, folder: Path) -> bytes:
    file = folder / "copy"
    store(s3.make_environment(endpoint=relay.endpoint)).fetch(address, file)
    return file.read_bytes()
