"""What is said to be missing in a storage, and what of it is there."""

from pathlib import Path

import pytest

from components._store.address import Address
from components._store.failures import StorageError
from tests.components._store.transfers import CONTENT, store
from tests.s3 import S3Server


@pytest.mark.slow_variants
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
    with pytest.raises(StorageError, match=message):
        store(s3.make_environment()).fetch(Address(empty_bucket, key), tmp_path / "copy")


def test_a_bucket_without_objects_is_said_to_be_empty(
    s3: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match="The bucket is empty"):
        store(s3.make_environment()).fetch(Address(empty_bucket, "2024/table.csv"), tmp_path / "copy")


def test_a_bucket_that_is_not_there_is_named_with_the_nearest(s3: S3Server, tmp_path: Path) -> None:
    s3.client.make_bucket("measurements")
    with pytest.raises(StorageError, match=r"no bucket 'mesurements' at .*\nDid you mean 'measurements'"):
        store(s3.make_environment()).fetch(Address("mesurements", "table.csv"), tmp_path / "copy")


def test_missing_rights_to_list_are_named(s3: S3Server, tmp_path: Path) -> None:
    if not s3.client.bucket_exists("readable"):
        s3.client.make_bucket("readable")
    s3.put("readable", "table.csv", CONTENT)
    reader = store(s3.make_environment("reader"))
    reader.fetch(Address("readable", "table.csv"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    with pytest.raises(StorageError, match=r"no object s3://readable/tabel\.csv.*\n.*not allowed to list"):
        reader.fetch(Address("readable", "tabel.csv"), tmp_path / "copy")


def test_what_was_removed_can_be_had_by_its_version(
    s3: S3Server, empty_bucket: str, versions: list[str], tmp_path: Path
) -> None:
    s3.client.remove_object(empty_bucket, "table.csv")
    address = Address(empty_bucket, "table.csv")
    last = rf"Its last content is s3://{empty_bucket}/table.csv\?versionId={versions[1]}\. All its versions"
    with pytest.raises(StorageError, match=rf"It was removed\.\n{last}"):
        store(s3.make_environment()).fetch(address, tmp_path / "copy")


def test_a_version_that_never_was_names_those_that_are(
    s3: S3Server, empty_bucket: str, versions: list[str], tmp_path: Path
) -> None:
    address = Address(empty_bucket, "table.csv", versions[0][::-1])
    shown = rf"the newest first: {versions[1]} \(20\d\d-.* UTC\)(,| and) {versions[0]} "
    with pytest.raises(StorageError, match=rf"has no version {address.version}\.\n.*{shown}"):
        store(s3.make_environment()).fetch(address, tmp_path / "copy")


def test_a_bucket_without_versions_is_named_as_such(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", b"content")
    with pytest.raises(
        StorageError, match=rf"The bucket '{bucket}' keeps no versions.\nGive s3://{bucket}/table"
    ):
        store(s3.make_environment()).fetch(Address(bucket, "table.csv", "a1"), tmp_path / "copy")


def test_a_version_of_nothing_is_said_as_for_the_object(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=rf"There is no object s3://{bucket}/nothing"):
        store(s3.make_environment()).fetch(Address(bucket, "nothing", "a1"), tmp_path / "copy")
