import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED, ComposeSource
from minio.versioningconfig import VersioningConfig

from components._store.address import Address
from components._store.failures import StorageError
from components._store.store import Store
from tests.components._store.transfers import CONTENT, LARGE, PART, fetch_bytes, store
from tests.outage import return_after
from tests.s3 import WELL, Fault, Relay, S3Server, make_secret


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", CONTENT])
@pytest.mark.parametrize("key", ["table.csv", "a folder/tüble+=&%20?.csv"])
def test_an_object_is_copied_and_its_version_returned(
    s3: S3Server, bucket: str, tmp_path: Path, content: bytes, key: str
) -> None:
    etag = s3.put(bucket, key, content)
    file = tmp_path / "copy"
    version = store(s3.make_environment()).fetch(Address(bucket, key), file)
    assert file.read_bytes() == content
    assert (version.etag, version.version_id, version.size) == (etag, None, len(content))


def test_an_object_of_parts_is_copied_and_checked(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    etag = s3.put(bucket, "large", LARGE, PART)
    assert etag.endswith("-2")
    assert fetch_bytes(s3, relay, Address(bucket, "large"), tmp_path) == LARGE
    assert relay.asked == [("GET", None), ("HEAD", None)]


def test_an_etag_of_parts_that_is_no_digest_costs_a_second_copy(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    sizes = {"a": PART, "b": PART + 1000, "c": 10}
    for key, size in sizes.items():
        s3.put(bucket, key, LARGE[:size])
    # SeaweedFS' own ETag for what it puts together; MinIO's is a digest.
    s3.client.compose_object(bucket, "whole", [ComposeSource(bucket, key) for key in sizes])
    whole = fetch_bytes(s3, relay, Address(bucket, "whole"), tmp_path)
    assert whole == b"".join(LARGE[:size] for size in sizes.values())
    assert [method for method, _ in relay.asked] == ["GET", *["HEAD"] * 3] * 2


def test_copies_that_differ_are_an_error_whatever_the_etag(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "large", LARGE, PART)
    # For the copy, and for the size of each part.
    relay.faults = [Fault(flip=7), WELL, WELL, Fault(flip=8)]
    with pytest.raises(StorageError, match=rf"s3://{bucket}/large is damaged"):
        fetch_bytes(s3, relay, Address(bucket, "large"), tmp_path)


def test_the_version_is_returned_if_the_bucket_keeps_versions(
    s3: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "table.csv", b"old")
    s3.put(empty_bucket, "table.csv", b"new")
    latest = s3.client.stat_object(empty_bucket, "table.csv").version_id
    version = store(s3.make_environment()).fetch(Address(empty_bucket, "table.csv"), tmp_path / "copy")
    assert version.version_id == latest
    assert latest


def test_a_version_is_read_even_after_the_object_was_removed(
    s3: S3Server, empty_bucket: str, versions: list[str], tmp_path: Path
) -> None:
    s3.client.remove_object(empty_bucket, "table.csv")
    reading = store(s3.make_environment())
    for name, content in zip(versions, (b"old", b"new"), strict=True):
        address = Address(empty_bucket, "table.csv", name)
        assert reading.has_object(address)
        assert reading.find_version(address).version_id == name
        assert reading.fetch(address, tmp_path / "copy").version_id == name
        assert (tmp_path / "copy").read_bytes() == content


def test_a_version_that_breaks_off_is_continued(
    s3: S3Server, empty_bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "large", LARGE)
    old = str(s3.client.stat_object(empty_bucket, "large").version_id)
    s3.put(empty_bucket, "large", b"another content")
    relay.faults = [Fault(cut=len(LARGE) // 2)]
    assert fetch_bytes(s3, relay, Address(empty_bucket, "large", old), tmp_path) == LARGE


@pytest.mark.parametrize("content", [b"", CONTENT])
def test_the_version_is_found_without_the_content(
    s3: S3Server, bucket: str, relay: Relay, content: bytes
) -> None:
    etag = s3.put(bucket, "table.csv", content)
    # After the first answer nothing more comes, and nobody waits for it.
    relay.faults = [Fault(answer=(503, {}, b"")), Fault(cut=0)]
    found = store(s3.make_environment(endpoint=relay.endpoint)).find_version(Address(bucket, "table.csv"))
    assert (found.etag, found.version_id, found.size) == (etag, None, len(content))
    assert relay.asked == [("GET", None)] * 2


@pytest.mark.parametrize("size", [0, PART])
def test_what_the_network_damaged_is_read_again(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path, size: int
) -> None:
    s3.put(bucket, "large", LARGE, size)
    relay.faults = [Fault(flip=PART + 7)]
    assert fetch_bytes(s3, relay, Address(bucket, "large"), tmp_path) == LARGE
    assert [asked for asked in relay.asked if asked[0] == "GET"] == [("GET", None)] * 2


def test_what_is_damaged_in_the_storage_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(flip=7)] * 2
    with pytest.raises(
        StorageError, match=rf"s3://{bucket}/table.csv is damaged: .*\nUpload the object again"
    ):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)


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
        "AWS_SECRET_ACCESS_KEY": make_secret("owner"),
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
    door = store(s3.make_environment())
    assert not door.has_object(address)
    door.put(file, address)
    assert door.has_object(address)
    door.fetch(address, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_what_cannot_be_put_or_looked_for_is_named(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    with pytest.raises(StorageError, match="cannot be written"):
        store(s3.make_environment("reader")).put(file, Address(bucket, "put"))
    stranger = store(replace(s3.make_environment(), s3_secret_key="wrong"))
    with pytest.raises(StorageError, match="cannot be written"):
        stranger.put(file, Address(bucket, "put"))
    with pytest.raises(StorageError, match="Cannot check whether"):
        stranger.has_object(Address(bucket, "put"))


@pytest.mark.slow
def test_a_storage_that_is_away_for_20_s_costs_only_time(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", b"a,b\n")
    started = time.monotonic()
    with return_after(20.0, int(s3.endpoint.rpartition(":")[2])) as port:
        environment = s3.make_environment(endpoint=f"http://127.0.0.1:{port}")
        Store(environment).fetch(Address(bucket, "table.csv"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"a,b\n"
    assert time.monotonic() - started >= 20


@pytest.mark.slow
def test_a_storage_that_is_away_for_good_is_an_error_that_names_the_variable(
    s3: S3Server, tmp_path: Path
) -> None:
    started = time.monotonic()
    with return_after(3600.0, 0) as port:
        environment = s3.make_environment(endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(StorageError, match=r"connection refused\.\n.*AWS_ENDPOINT_URL"):
            Store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")
    assert 25 < time.monotonic() - started < 90


@pytest.mark.parametrize(
    ("user", "address", "message"),
    [
        ("owner", Address("shared", "tabel.csv"), "There is no object s3://shared/tabel.csv"),
        ("owner", Address("nowhere", "table.csv"), "There is no bucket 'nowhere'"),
        ("stranger", Address("shared", "table.csv"), "it does not know the access key"),
    ],
)
def test_a_mistake_is_an_error_at_once(
    s3: S3Server, bucket: str, tmp_path: Path, user: str, address: Address, message: str
) -> None:
    s3.put(bucket, "table.csv", b"a,b\n")
    started = time.monotonic()
    with pytest.raises(StorageError, match=message):
        Store(s3.make_environment(user)).fetch(address, tmp_path / "copy")
    assert time.monotonic() - started < 8


def test_a_folder_is_listed_without_what_is_below_it(s3: S3Server, bucket: str) -> None:
    for key in ("a/2", "a/1", "a/b/1", "a/b/2", "ab", "a folder/1"):
        s3.put(bucket, key, b"")
    reached = store(s3.make_environment())
    assert reached.list_folder(Address(bucket, "a")) == ["1", "2", "b/"]
    assert reached.list_folder(Address(bucket, "a/b")) == ["1", "2"]
    assert reached.list_folder(Address(bucket, "nothing")) == []
    with pytest.raises(StorageError, match="There is no bucket 'no-such-bucket'"):
        reached.list_folder(Address("no-such-bucket", "a"))
    with pytest.raises(StorageError, match="cannot be listed"):
        store(s3.make_environment("reader")).list_folder(Address(bucket, "a"))


@pytest.mark.slow
def test_a_long_folder_is_listed_whole(s3: S3Server, bucket: str) -> None:
    names = [f"{i:04}" for i in range(1_100)]
    for name in names:
        s3.put(bucket, f"long/{name}", b"")
    assert store(s3.make_environment()).list_folder(Address(bucket, "long")) == names


def test_the_version_of_a_time_is_the_newest_that_was_there_then(
    s3: S3Server, empty_bucket: str, versions: list[str]
) -> None:
    address = Address(empty_bucket, "table.csv")
    listed = s3.client.list_objects(empty_bucket, prefix="table.csv", include_version=True)
    written = {str(item.version_id): item.last_modified for item in listed}
    reading = store(s3.make_environment())
    old, new = (written[name] for name in versions)
    assert old is not None
    assert new is not None
    assert reading.find_version_at(address, new) == versions[-1]
    assert reading.find_version_at(address, old - timedelta(days=1)) is None


def test_an_object_that_was_removed_by_then_has_no_version_of_that_time(
    s3: S3Server, empty_bucket: str, versions: list[str]
) -> None:
    address = Address(empty_bucket, "table.csv")
    s3.client.remove_object(empty_bucket, "table.csv")
    moment = datetime.now(UTC) + timedelta(days=1)
    assert store(s3.make_environment()).find_version_at(address, moment) is None


def test_a_second_in_which_an_object_was_both_removed_and_stored_has_no_known_version(
    s3: S3Server, relay: Relay
) -> None:
    time = "<LastModified>2026-11-30T10:00:00.000Z</LastModified>"
    found = f"<Key>t.csv</Key>{time}<IsLatest>false</IsLatest>"
    body = (
        "<ListVersionsResult><Name>bucket</Name><IsTruncated>false</IsTruncated>"
        f"<Version>{found}<VersionId>v1</VersionId><ETag>1</ETag><Size>1</Size></Version>"
        f"<DeleteMarker>{found}<VersionId>v2</VersionId></DeleteMarker></ListVersionsResult>"
    )
    relay.faults = [Fault(answer=(200, {"Content-Type": "application/xml"}, body.encode()))]
    reading = store(s3.make_environment(endpoint=relay.endpoint))
    message = (
        r"t\.csv at 2026-12-01T.* is not known: t\.csv was both stored and removed at 2026-11-30T10.*\nName"
    )
    with pytest.raises(StorageError, match=message):
        reading.find_version_at(Address("bucket", "t.csv"), datetime(2026, 12, 1, tzinfo=UTC))


def test_a_bucket_that_keeps_no_versions_has_none_of_any_time(s3: S3Server, empty_bucket: str) -> None:
    s3.put(empty_bucket, "table.csv", b"a")
    moment = datetime.now(UTC) + timedelta(days=1)
    address = Address(empty_bucket, "table.csv")
    assert store(s3.make_environment()).find_version_at(address, moment) is None
    with pytest.raises(StorageError, match=r"Cannot list the versions of s3://no-such-bucket/table\.csv"):
        store(s3.make_environment()).find_version_at(Address("no-such-bucket", "table.csv"), moment)
