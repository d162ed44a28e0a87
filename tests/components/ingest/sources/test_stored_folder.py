"""Folders of objects, of a real MinIO and a real SeaweedFS."""

import gzip
import time
from itertools import count
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components._store.failures import StorageError
from components.errors import InvalidSetting, InvalidSource
from components.ingest.sources.catalogue import fetch_source, find_source
from tests.s3 import Fault, Relay, S3Server, make_secret

ONE, TWO, THREE = b"a,b\n1,2\n", b"a,b\n3,4\n", b"a,b\n5,6\n"


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A server that the environment names: a MinIO, unless a test asks for another."""
    found: S3Server = request.getfixturevalue(getattr(request, "param", "minio_server"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", found.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    return found


_numbers = count()


@pytest.fixture
def name(server: S3Server) -> str:
    """Name of an empty bucket of the server, without versions."""
    name = f"folder-{next(_numbers)}"
    server.client.make_bucket(name)
    return name


@pytest.fixture
def kept(server: S3Server, name: str) -> str:
    """Name of an empty bucket that keeps versions."""
    server.client.set_bucket_versioning(name, VersioningConfig(ENABLED))
    return name


def read_files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.slow
def test_all_objects_below_a_folder_are_copied_but_hidden_ones(
    server: S3Server, name: str, tmp_path: Path
) -> None:
    server.put(name, "table/year=2024/part-1.csv", ONE)
    server.put(name, "table/year=2025/part-1.csv", TWO)
    server.put(name, "table/_SUCCESS", b"")
    server.put(name, "table-2/part-1.csv", THREE)
    found = fetch_source(f"s3://{name}/table/", tmp_path)
    assert read_files(found.path) == {"year=2024/part-1.csv": ONE, "year=2025/part-1.csv": TWO}
    # Without versions, nothing could be read again later.
    assert "source_version" not in found.facts


def test_a_whole_bucket_is_a_folder(server: S3Server, name: str, tmp_path: Path) -> None:
    server.put(name, "one.csv", ONE)
    server.put(name, "sub/two.csv.gz", gzip.compress(TWO))
    found = fetch_source(f"s3://{name}/", tmp_path)
    assert read_files(found.path) == {"one.csv": ONE, "sub/two.csv.gz": TWO}


def test_the_fingerprint_is_that_of_names_and_contents(server: S3Server, name: str, tmp_path: Path) -> None:
    source = f"s3://{name}/table/"
    server.put(name, "table/one.csv", ONE)
    fingerprint = find_source(source).compute_fingerprint()
    assert fetch_source(source, tmp_path / "1", fingerprint).path.name == "objects"
    server.put(name, "table/two.csv", TWO)
    assert find_source(source).compute_fingerprint() != fingerprint
    with pytest.raises(InvalidSource, match="changed while the run was reading it"):
        fetch_source(source, tmp_path / "2", fingerprint)
    server.client.remove_object(name, "table/two.csv")
    assert find_source(source).compute_fingerprint() == fingerprint


@pytest.mark.slow_variants
@pytest.mark.parametrize("server", ["minio_server", "s3"], indirect=True, ids=["MinIO", "SeaweedFS"])
def test_an_earlier_moment_is_read_again_byte_for_byte(server: S3Server, kept: str, tmp_path: Path) -> None:
    source = f"s3://{kept}/table/"
    server.put(kept, "table/replaced.csv", ONE)
    server.put(kept, "table/removed.csv", TWO)
    server.put(kept, "table/gone.csv", TWO)
    server.client.remove_object(kept, "table/gone.csv")
    first = fetch_source(source, tmp_path / "1")
    before = read_files(first.path)
    assert before == {"replaced.csv": ONE, "removed.csv": TWO}
    # The storage knows times to the second.
    wait_for_next_second()
    server.put(kept, "table/replaced.csv", THREE)
    server.client.remove_object(kept, "table/removed.csv")
    server.put(kept, "table/added.csv", THREE)
    assert read_files(fetch_source(source, tmp_path / "2").path) == {
        "replaced.csv": THREE,
        "added.csv": THREE,
    }
    again = find_source(source).pin(first.facts["source_version"])
    assert again.startswith(f"s3://{kept}/table/?asOf=20")
    found = fetch_source(again, tmp_path / "3")
    assert read_files(found.path) == before
    assert found.facts == first.facts


def wait_for_next_second() -> None:
    time.sleep(1.1)


def test_a_moment_of_a_bucket_without_versions_is_refused(
    server: S3Server, name: str, tmp_path: Path
) -> None:
    server.put(name, "table/one.csv", ONE)
    with pytest.raises(InvalidSource, match=r"is not known: the bucket .* keeps no versions"):
        fetch_source(f"s3://{name}/table/?asOf=2999-01-01T00:00:00Z", tmp_path)


def test_a_moment_before_the_first_object_has_no_files(server: S3Server, kept: str, tmp_path: Path) -> None:
    server.put(kept, "table/one.csv", ONE)
    with pytest.raises(InvalidSource, match=r"There are no files in s3://.*/table/ at 2001-01-01T00:00:00Z"):
        fetch_source(f"s3://{kept}/table/?asOf=2001-01-01T00:00:00Z", tmp_path)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-30", "2026-11-30T10:00:00", ""])
def test_a_moment_without_its_zone_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="is not a moment at which s3://bucket/table/ can be read"):
        fetch_source(f"s3://bucket/table/?asOf={text}", tmp_path)
    with pytest.raises(InvalidSource, match="Write it with its time zone, as in s3://bucket/folder/"):
        find_source("s3://bucket/table/").pin(text)


def test_two_moments_are_refused() -> None:
    source = find_source("s3://bucket/table/?asOf=2026-11-30T10:00:00Z")
    with pytest.raises(InvalidSetting, match="names another moment than --data-version"):
        source.pin("2026-11-30T11:00:00Z")


def test_what_is_not_there_is_an_error(server: S3Server, name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=rf"There are no files in s3://{name}/none/\."):
        fetch_source(f"s3://{name}/none/", tmp_path)
    with pytest.raises(StorageError, match="There is no bucket 'no-such-bucket'"):
        fetch_source("s3://no-such-bucket/none/", tmp_path)


def test_what_is_there_now_needs_no_right_to_list_versions(
    storage: S3Server, empty_bucket: str, relay: Relay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SeaweedFS grants all rights to list or none, so the relay refuses the first request."""
    storage.put(empty_bucket, "table/one.csv", ONE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", relay.endpoint)
    denied = Fault(
        answer=(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
    )
    relay.faults = [denied]
    found = fetch_source(f"s3://{empty_bucket}/table/", tmp_path)
    assert read_files(found.path) == {"one.csv": ONE}
    relay.faults = [denied]
    with pytest.raises(StorageError, match=r"for the versions of a folder s3:ListBucketVersions"):
        fetch_source(f"s3://{empty_bucket}/table/?asOf=2999-01-01T00:00:00Z", tmp_path)
