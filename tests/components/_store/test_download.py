from pathlib import Path

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components._store.address import Address
from components._store.failures import StorageError
from tests.components._store.transfers import CONTENT, SLOW_DOWN, UNAVAILABLE, fetch_bytes
from tests.s3 import Fault, Relay, S3Server


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
    assert fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path) == CONTENT
    assert len(relay.asked) == len(faults) + 1


def test_it_is_continued_where_it_stopped(s3: S3Server, bucket: str, relay: Relay, tmp_path: Path) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=400_000), Fault(cut=100_000)]
    fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)
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
    assert fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path) == CONTENT


def test_an_object_that_is_replaced_meanwhile_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.put(bucket, "table.csv", CONTENT[::-1]))]
    with pytest.raises(StorageError, match=r"table\.csv was replaced or removed while it was read"):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_server_that_knows_no_conditions_mixes_no_versions(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    other = Fault(answer=(206, {"ETag": '"another"'}, CONTENT[1000:]))
    relay.faults = [Fault(cut=1000), other]
    with pytest.raises(StorageError, match="was replaced or removed while it was read"):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_an_object_that_is_removed_meanwhile_is_an_error(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.client.remove_object(bucket, "table.csv"))]
    with pytest.raises(StorageError, match="was replaced or removed while it was read"):
        fetch_bytes(s3, relay, Address(bucket, "table.csv"), tmp_path)


def test_a_version_stays_readable_while_a_new_one_is_put(
    s3: S3Server, empty_bucket: str, relay: Relay, tmp_path: Path
) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "table.csv", CONTENT)
    relay.faults = [Fault(cut=1000), Fault(before=lambda: s3.put(empty_bucket, "table.csv", b"new"))]
    assert fetch_bytes(s3, relay, Address(empty_bucket, "table.csv"), tmp_path) == CONTENT
