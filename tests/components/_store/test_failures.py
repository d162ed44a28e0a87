import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components._store.address import Address
from components._store.failures import StorageError
from components._store.store import Store
from components.environment import Environment
from tests.components._store.transfers import (
    CONTENT,
    SLOW_DOWN,
    fetch_bytes,
    store,
)
from tests.s3 import Fault, Relay, S3Server, make_secret


def test_missing_rights_to_read_are_named(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    with pytest.raises(StorageError, match=r"these credentials lack the right to do that.*\n.*s3:GetObject"):
        store(s3.make_environment("reader")).fetch(Address(bucket, "table.csv"), tmp_path / "copy")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s3_secret_key": "hidden-wrong"}, "the secret key does not belong to the access key"),
        ({"s3_access_key": "hidden-nobody"}, "it does not know the access key"),
    ],
)
def test_wrong_keys_are_reported_but_not_shown(
    s3: S3Server, bucket: str, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    environment = replace(s3.make_environment(), **change)
    with pytest.raises(StorageError, match=rf"{message}.*\nCheck AWS_ACCESS_KEY_ID") as raised:
        store(environment).fetch(Address(bucket, "table.csv"), tmp_path / "copy")
    assert "hidden" not in str(raised.value)
    assert make_secret("owner") not in str(raised.value)


def test_a_wrong_clock_is_reported(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    # A clock of its own for one process, for the machine's cannot be changed.
    code = f"""
import datetime, minio.time
from components._store.address import Address
from components._store.store import Store
from components.environment import Environment
now = minio.time.utcnow
minio.time.utcnow = lambda: now() + datetime.timedelta(hours=3)
from pathlib import Path
Store(Environment.read()).fetch(Address("{bucket}", "table.csv"), Path({str(tmp_path / "copy")!r}))
"""
    environment = {
        "PYTHONPATH": ".",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "AWS_ACCESS_KEY_ID": "owner",
        "AWS_SECRET_ACCESS_KEY": make_secret("owner"),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "its clock and the clock here differ: it says " in done.stderr
    assert "Correct the wrong clock" in done.stderr


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, {"Content-Type": "text/html"}, b"<html>console</html>"), "does not speak S3"),
        ((400, {"Content-Type": "text/plain"}, b"sent an HTTP request"), "does not speak S3"),
        ((400, {"Content-Type": "application/xml"}, b"<Error><Code>"), "does not speak S3"),
        (
            (
                301,
                {"Content-Type": "application/xml", "x-amz-bucket-region": "eu-west-1"},
                b"<Error><Code>PermanentRedirect</Code></Error>",
            ),
            "the bucket is in another region.*\nSet AWS_REGION=eu-west-1",
        ),
        (
            (
                403,
                {"Content-Type": "application/xml"},
                b"<Error><Code>InvalidObjectState</Code><Message>m</Message></Error>",
            ),
            "the object is archived.*\nRestore it",
        ),
        (
            (
                400,
                {"Content-Type": "application/xml"},
                b"<Error><Code>ExpiredToken</Code><Message>hidden</Message></Error>",
            ),
            "the credentials have expired.*\nGet new credentials",
        ),
        (
            (
                400,
                {"Content-Type": "application/xml"},
                b"<Error><Code>SomethingElse</Code><Message>hidden</Message></Error>",
            ),
            "it answered SomethingElse",
        ),
    ],
)
def test_refusals_are_explained(
    s3: S3Server,
    bucket: str,
    relay: Relay,
    tmp_path: Path,
    answer: tuple[int, dict[str, str], bytes],
    message: str,
) -> None:
    relay.faults = [Fault(answer=answer)]
    with pytest.raises(StorageError, match=message) as raised:
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)
    assert "hidden" not in str(raised.value)


def test_a_server_that_stays_busy_is_given_up(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    relay.faults = [SLOW_DOWN] * 5
    with pytest.raises(StorageError, match=r"it is overloaded or failing \(SlowDown\)"):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)
    assert len(relay.asked) == 5


def test_a_server_that_breaks_off_at_once_is_given_up(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=0)] * 5
    with pytest.raises(StorageError, match=r"cannot be read\. http://.*: the connection broke off"):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        environment = Environment(
            s3_endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}", s3_access_key="a", s3_secret_key="b"
        )
        with pytest.raises(StorageError, match=r"http://127.*: connection refused.*\nCheck host and port"):
            store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = Environment(
            s3_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", s3_access_key="a", s3_secret_key="b"
        )
        with pytest.raises(StorageError, match="it does not answer in time"):
            Store(environment, timeout=0.2, waits=()).fetch(Address("data", "table.csv"), tmp_path / "copy")


def test_a_host_that_nobody_knows_is_named(tmp_path: Path) -> None:
    environment = Environment(s3_endpoint="http://minio.invalid:9000", s3_access_key="a", s3_secret_key="b")
    with pytest.raises(StorageError, match=r"minio\.invalid:9000: its host name is not known here"):
        store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")
