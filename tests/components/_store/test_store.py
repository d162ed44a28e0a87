"""Fetching, from a real server, over a relay that does what networks do."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED, ComposeSource
from minio.versioningconfig import VersioningConfig

from components._store.address import Address
from components._store.failures import StorageFailed
from components._store.store import Store
from components.environment import Environment
from components.errors import InvalidSetting
from tests.images.advisory_service import Authority
from tests.s3 import WELL, Fault, Relay, S3Server, relaying, secret

CONTENT = bytes(range(256)) * 4096
PART = 5 << 20
LARGE = CONTENT * 6
AT_ONCE = (0.0,) * 4
UNAVAILABLE = Fault(answer=(503, {"Content-Type": "text/html"}, b"<html>busy</html>"))
SLOW_DOWN = Fault(answer=(503, {"Content-Type": "application/xml"}, b"<Error><Code>SlowDown</Code></Error>"))


def store(environment: Environment) -> Store:
    return Store(environment, timeout=5, waits=AT_ONCE)


def fetched(s3: S3Server, relay: Relay, address: Address, folder: Path) -> bytes:
    file = folder / "copy"
    store(s3.environment(endpoint=relay.endpoint)).fetch(address, file)
    return file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", CONTENT])
@pytest.mark.parametrize("key", ["table.csv", "a folder/tüble+=&%20?.csv"])
def test_an_object_is_copied_and_its_version_told(
    s3: S3Server, bucket: str, tmp_path: Path, content: bytes, key: str
) -> None:
    etag = s3.put(bucket, key, content)
    file = tmp_path / "copy"
    version = store(s3.environment()).fetch(Address(bucket, key), file)
    assert file.read_bytes() == content
    assert (version.etag, version.version_id, version.size) == (etag, None, len(content))


def test_an_object_of_parts_is_copied_and_checked(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    etag = s3.put(bucket, "large", LARGE, PART)
    assert etag.endswith("-2")
    assert fetched(s3, relay, Address(bucket, "large"), tmp_path) == LARGE
    assert relay.asked == [("GET", None), ("HEAD", None)]


def test_an_etag_of_parts_that_is_no_digest_costs_a_second_copy(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    sizes = {"a": PART, "b": PART + 1000, "c": 10}
    for key, size in sizes.items():
        s3.put(bucket, key, LARGE[:size])
    # SeaweedFS' own ETag for what it puts together; MinIO's is a digest.
    s3.client.compose_object(bucket, "whole", [ComposeSource(bucket, key) for key in sizes])
    whole = fetched(s3, relay, Address(bucket, "whole"), tmp_path)
    assert whole == b"".join(LARGE[:size] for size in sizes.values())
    assert [method for method, _ in relay.asked] == ["GET", *["HEAD"] * 4] * 2


def test_copies_that_differ_are_an_error_whatever_the_etag(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "large", LARGE, PART)
    # For the copy, for the size of its first part, and for that of each.
    relay.faults = [Fault(flip=7), WELL, WELL, WELL, Fault(flip=8)]
    with pytest.raises(StorageFailed, match=rf"s3://{bucket}/large is damaged"):
        fetched(s3, relay, Address(bucket, "large"), tmp_path)


def test_the_version_is_told_where_the_bucket_keeps_versions(
    s3: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "table.csv", b"old")
    s3.put(empty_bucket, "table.csv", b"new")
    latest = s3.client.stat_object(empty_bucket, "table.csv").version_id
    version = store(s3.environment()).fetch(Address(empty_bucket, "table.csv"), tmp_path / "copy")
    assert version.version_id == latest
    assert latest


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(cut=0)],
        [Fault(cut=1)],
        [Fault(cut=400_000), Fault(cut=300_000), Fault(cut=10)],
        [UNAVAILABLE, SLOW_DOWN, Fault(cut=len(CONTENT) - 1)],
        [UNAVAILABLE] * 4 + [Fault(cut=100_000)] + [UNAVAILABLE] * 3,
        # More breaks than there are attempts: each comes further than the one before.
        [Fault(cut=50_000)] * 12,
    ],
)
def test_a_copy_that_breaks_off_is_continued(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path, faults: list[Fault]
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = list(faults)
    assert fetched(s3, relay, Address(bucket, "table.csv"), tmp_path) == CONTENT
    assert len(relay.asked) == len(faults) + 1


def test_it_is_continued_where_it_stopped(s3: S3Server, bucket: str, relay: Relay, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=400_000), Fault(cut=100_000)]
    fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for _, asked in relay.asked if asked]
    assert 0 < starts[0] <= 400_000
    assert starts[0] < starts[1] <= 500_000


def test_a_server_that_knows_no_ranges_begins_again(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    whole = s3.client.get_object(bucket, "table.csv").headers
    again = Fault(answer=(200, {"ETag": whole["ETag"]}, CONTENT))
    relay.faults = [Fault(cut=400_000), again]
    assert fetched(s3, relay, Address(bucket, "table.csv"), tmp_path) == CONTENT


@pytest.mark.parametrize("size", [0, PART])
def test_what_the_network_spoilt_is_read_again(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path, size: int
) -> None:
    s3.put(bucket, "large", LARGE, size)
    relay.faults = [Fault(flip=PART + 7)]
    assert fetched(s3, relay, Address(bucket, "large"), tmp_path) == LARGE
    assert [asked for asked in relay.asked if asked[0] == "GET"] == [("GET", None)] * 2


def test_what_is_spoilt_in_the_storage_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(flip=7)] * 2
    with pytest.raises(StorageFailed, match=rf"s3://{bucket}/table.csv is damaged: .*\nPut the object there"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_an_object_that_is_replaced_meanwhile_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.put(bucket, "table.csv", CONTENT[::-1]))]
    with pytest.raises(StorageFailed, match=r"table\.csv was replaced or removed while it was read"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_server_that_knows_no_conditions_mixes_no_versions(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    other = Fault(answer=(206, {"ETag": '"another"'}, CONTENT[1000:]))
    relay.faults = [Fault(cut=1000), other]
    with pytest.raises(StorageFailed, match="was replaced or removed while it was read"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_an_object_that_is_removed_meanwhile_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.client.remove_object(bucket, "table.csv"))]
    with pytest.raises(StorageFailed, match="was replaced or removed while it was read"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_version_stays_readable_while_a_new_one_is_put(
    s3: S3Server, empty_bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.put(empty_bucket, "table.csv", b"new"))]
    assert fetched(s3, relay, Address(empty_bucket, "table.csv"), tmp_path) == CONTENT


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("2024/tabel.csv", r"There is no object .*/tabel.csv\.\nDid you mean s3://[\w-]+/2024/table.csv\?"),
        ("2O24/table.csv", r"\nDid you mean s3://[\w-]+/2024/\?"),
        ("other.parquet", r"\ns3://[\w-]+/ holds 2024/, readme.md\."),
        ("2024/no/such/folder.csv", r"\ns3://[\w-]+/2024/ holds parts/, table.csv\."),
        ("2024", r"/2024 is a folder\.\nGive the address of one object"),
    ],
)
def test_a_key_that_is_not_there_is_named_with_the_nearest(
    s3: S3Server, empty_bucket: str, tmp_path: Path, key: str, message: str
) -> None:
    for there in ("2024/table.csv", "2024/parts/1.csv", "readme.md"):
        s3.put(empty_bucket, there, b"a")
    with pytest.raises(StorageFailed, match=message):
        store(s3.environment()).fetch(Address(empty_bucket, key), tmp_path / "copy")


def test_a_bucket_without_objects_is_said_to_be_empty(
    s3: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    with pytest.raises(StorageFailed, match="The bucket is empty"):
        store(s3.environment()).fetch(Address(empty_bucket, "2024/table.csv"), tmp_path / "copy")


def test_a_bucket_that_is_not_there_is_named_with_the_nearest(s3: S3Server, tmp_path: Path) -> None:
    s3.client.make_bucket("measurements")
    with pytest.raises(StorageFailed, match=r"no bucket 'mesurements' at .*\nDid you mean 'measurements'"):
        store(s3.environment()).fetch(Address("mesurements", "table.csv"), tmp_path / "copy")


def test_whoever_may_not_list_is_told_so(s3: S3Server, tmp_path: Path) -> None:
    if not s3.client.bucket_exists("readable"):
        s3.client.make_bucket("readable")
    s3.put("readable", "table.csv", CONTENT)
    reader = store(s3.environment("reader"))
    reader.fetch(Address("readable", "table.csv"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    with pytest.raises(StorageFailed, match=r"no object s3://readable/tabel\.csv.*\n.*may not list"):
        reader.fetch(Address("readable", "tabel.csv"), tmp_path / "copy")


def test_whoever_may_not_read_is_told_so(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    with pytest.raises(StorageFailed, match=r"these credentials may not do that.*\n.*s3:GetObject"):
        store(s3.environment("reader")).fetch(Address(bucket, "table.csv"), tmp_path / "copy")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s3_secret_key": "hidden-wrong"}, "the secret key is not that of the access key"),
        ({"s3_access_key": "hidden-nobody"}, "it does not know the access key"),
    ],
)
def test_wrong_keys_are_told_and_not_shown(
    s3: S3Server, bucket: str, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    environment = replace(s3.environment(), **change)
    with pytest.raises(StorageFailed, match=rf"{message}.*\nCheck AWS_ACCESS_KEY_ID") as raised:
        store(environment).fetch(Address(bucket, "table.csv"), tmp_path / "copy")
    assert "hidden" not in str(raised.value)
    assert secret("owner") not in str(raised.value)


def test_a_clock_that_is_wrong_is_told(s3: S3Server, bucket: str, tmp_path: Path) -> None:
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
        "AWS_SECRET_ACCESS_KEY": secret("owner"),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "its clock and the one here differ: it says " in done.stderr
    assert "Correct the clock" in done.stderr


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
            "the credentials have expired.*\nGet new ones",
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
def test_answers_that_a_stand_in_gives_are_told(
    s3: S3Server,
    bucket: str,
    relay: Relay,
    tmp_path: Path,
    answer: tuple[int, dict[str, str], bytes],
    message: str,
) -> None:
    relay.faults = [Fault(answer=answer)]
    with pytest.raises(StorageFailed, match=message) as raised:
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)
    assert "hidden" not in str(raised.value)


def test_a_server_that_stays_busy_is_given_up(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    relay.faults = [SLOW_DOWN] * 5
    with pytest.raises(StorageFailed, match=r"it is overloaded or failing \(SlowDown\)"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)
    assert len(relay.asked) == 5


def test_a_server_that_breaks_off_at_once_is_given_up(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=0)] * 5
    with pytest.raises(StorageFailed, match=r"cannot be read\. http://.*: the connection broke off"):
        fetched(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        environment = Environment(
            s3_endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}", s3_access_key="a", s3_secret_key="b"
        )
        with pytest.raises(StorageFailed, match=r"http://127.*: connection refused.*\nCheck host and port"):
            store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = Environment(
            s3_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", s3_access_key="a", s3_secret_key="b"
        )
        with pytest.raises(StorageFailed, match="it does not answer in time"):
            Store(environment, timeout=0.2, waits=()).fetch(Address("data", "table.csv"), tmp_path / "copy")


def test_a_host_that_nobody_knows_is_named(tmp_path: Path) -> None:
    environment = Environment(s3_endpoint="http://minio.invalid:9000", s3_access_key="a", s3_secret_key="b")
    with pytest.raises(StorageFailed, match=r"minio\.invalid:9000: its host name is not known here"):
        store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_relay(s3: S3Server, authority: Authority) -> Iterator[Relay]:
    """A relay whose certificate is made for localhost by an authority that nobody trusts."""
    with relaying(s3, authority.context("localhost")) as found:
        yield found


def test_a_certificate_that_nobody_trusts_is_refused_at_once(
    s3: S3Server, bucket: str, tls_relay: Relay, tmp_path: Path
) -> None:
    with pytest.raises(StorageFailed, match=r"is not trusted \(unable to get.*\n.*SSL_CERT_FILE"):
        fetched(s3, tls_relay, Address(bucket, "table.csv"), tmp_path)
    assert tls_relay.asked == []


def test_a_certificate_for_another_name_is_refused(
    s3: S3Server,
    bucket: str,
    tls_relay: Relay,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    tls_relay.endpoint = tls_relay.endpoint.replace("localhost", "127.0.0.1")
    with pytest.raises(StorageFailed, match=r"is not trusted \(IP address mismatch"):
        fetched(s3, tls_relay, Address(bucket, "table.csv"), tmp_path)


def test_a_copy_over_tls_that_breaks_off_is_continued(
    s3: S3Server,
    bucket: str,
    tls_relay: Relay,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    s3.put(bucket, "table.csv", CONTENT)
    tls_relay.faults = [Fault(cut=0), Fault(cut=400_000)]
    assert fetched(s3, tls_relay, Address(bucket, "table.csv"), tmp_path) == CONTENT
    assert len(tls_relay.asked) == 3


def test_a_server_without_tls_is_told(s3: S3Server, tmp_path: Path) -> None:
    environment = s3.environment(endpoint=s3.endpoint.replace("http:", "https:"))
    with pytest.raises(StorageFailed, match="it does not speak TLS as it should"):
        store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (Environment(s3_endpoint="http://minio:9000"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"),
        (Environment(s3_secret_key="hidden"), "AWS_ACCESS_KEY_ID not set"),
        (Environment(s3_access_key="hidden"), "AWS_SECRET_ACCESS_KEY not set"),
        (Environment(s3_endpoint="minio:9000"), "AWS_ENDPOINT_URL minio:9000 is no address"),
        (Environment(s3_endpoint="http://minio:port"), "AWS_ENDPOINT_URL http://minio:port is no address"),
        (Environment(s3_endpoint="http://[::1"), "is no address"),
        (Environment(s3_endpoint="http://minio:9000/bucket"), "is no address"),
        (Environment(s3_endpoint="http://user:hidden@minio:9000"), "AWS_ENDPOINT_URL is no address"),
        (Environment(s3_access_key="hidden key", s3_secret_key="hidden"), "holds what no key can hold"),
        (Environment(s3_access_key="hidden", s3_secret_key="hidden-ключ"), "holds what no key can hold"),
        (
            Environment(s3_access_key="hidden", s3_secret_key="hidden", s3_session_token="hidden\nx"),
            "holds what no key can hold",
        ),
        (
            Environment(s3_region="no region!", s3_access_key="hidden", s3_secret_key="hidden"),
            "AWS_REGION = 'no region!' is out of range",
        ),
    ],
)
def test_a_setting_that_is_wrong_or_missing_is_named(environment: Environment, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message) as raised:
        Store(environment)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("address", [None, "https://s3.eu-central-1.amazonaws.com"])
def test_a_pod_without_a_role_is_told_and_its_token_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    token = tmp_path / "token"
    token.write_text("hidden")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    # No such region, so that nobody is asked.
    monkeypatch.setenv("AWS_REGION", "nowhere.invalid")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/none")
    with pytest.raises(InvalidSetting, match="it accepts no role from here") as raised:
        store(Environment(s3_endpoint=address)).fetch(Address("data", "table.csv"), tmp_path / "copy")
    assert "hidden" not in str(raised.value)


def test_signing_in_tells_whether_the_keys_are_known(s3: S3Server) -> None:
    store(s3.environment()).sign_in()
    store(s3.environment("reader")).sign_in()
    with pytest.raises(StorageFailed, match=r"does not let us in\..*: it does not know the access key"):
        store(s3.environment("nobody")).sign_in()


def test_signing_in_needs_no_right_to_list(s3: S3Server, relay: Relay) -> None:
    relay.faults = [
        Fault(
            answer=(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>"),
        )
    ]
    store(s3.environment(endpoint=relay.endpoint)).sign_in()
    assert relay.asked == [("GET", None)]


@pytest.mark.slow
def test_a_large_object_takes_no_more_memory_than_a_small_one(
    s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    code = """
import resource, sys
from pathlib import Path
from components._store.address import Address
from components._store.store import Store
from components.environment import Environment
Store(Environment.read()).fetch(Address(sys.argv[1], sys.argv[2]), Path(sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    environment = {
        "PYTHONPATH": ".",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "AWS_ACCESS_KEY_ID": "owner",
        "AWS_SECRET_ACCESS_KEY": secret("owner"),
    }
    s3.put(bucket, "small", CONTENT)
    s3.put(bucket, "large", CONTENT * 200, 16 << 20)
    megabytes = {}
    for key in ("small", "large"):
        command = [sys.executable, "-c", code, bucket, key, str(tmp_path / "copy")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        megabytes[key] = int(done.stdout)
    assert (tmp_path / "copy").stat().st_size == 200 << 20
    assert megabytes["large"] - megabytes["small"] < 20, megabytes


@pytest.mark.parametrize("content", [b"", CONTENT, LARGE])
def test_a_file_is_put_as_an_object_that_is_then_there(
    s3: S3Server, bucket: str, tmp_path: Path, content: bytes
) -> None:
    file, address = tmp_path / "file", Address(bucket, f"put/{len(content)}")
    file.write_bytes(content)
    door = store(s3.environment())
    assert not door.holds(address)
    door.put(file, address)
    assert door.holds(address)
    door.fetch(address, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_what_cannot_be_put_or_looked_for_is_named(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    with pytest.raises(StorageFailed, match="cannot be written"):
        store(s3.environment("reader")).put(file, Address(bucket, "put"))
    stranger = store(replace(s3.environment(), s3_secret_key="wrong"))
    with pytest.raises(StorageFailed, match="cannot be written"):
        stranger.put(file, Address(bucket, "put"))
    with pytest.raises(StorageFailed, match="cannot be looked for"):
        stranger.holds(Address(bucket, "put"))
