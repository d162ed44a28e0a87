from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._store.failures import StorageError
from components._store.object_file import ObjectFile, open_object
from tests.components._store.transfers import LARGE
from tests.s3 import Fault, Relay, S3Server


@pytest.fixture
def _environment(s3: S3Server, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = s3.make_environment(endpoint=relay.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(environment.s3_endpoint))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(environment.s3_access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(environment.s3_secret_key))


def test_a_file_is_read_from_any_place_to_its_end() -> None:
    file = ObjectFile(10, lambda offset, length: bytes(range(offset, offset + length)))
    assert file.read(3) == bytes([0, 1, 2])
    assert file.seek(-2, 2) == file.tell() == 8
    assert file.read(5) == bytes([8, 9])
    assert file.read(5) == b""
    assert (file.seek(1), file.seek(2, 1)) == (1, 3)
    assert file.read() == bytes(range(3, 10))


@pytest.mark.usefixtures("_environment")
def test_only_the_bytes_that_are_wanted_are_requested(
    s3: S3Server, bucket: str, relay: Relay, tmp_path: Path
) -> None:
    table = pa.table({"number": range(200_000), "text": [f"text {i}" for i in range(200_000)]})
    pq.write_table(table, tmp_path / "part.parquet", row_group_size=50_000)
    content = (tmp_path / "part.parquet").read_bytes()
    s3.put(bucket, "part.parquet", content)
    with open_object(f"s3://{bucket}/part.parquet") as opened, pq.ParquetFile(opened) as file:
        assert file.read_row_group(2, ["number"]).equals(table.select(["number"]).slice(100_000, 50_000))
    ranges = [span for _, span in relay.asked if span]
    n_bytes = sum(int(last) - int(first) + 1 for first, last in (s[6:].split("-") for s in ranges))
    assert 0 < n_bytes < len(content) / 2


@pytest.mark.slow
@pytest.mark.usefixtures("_environment")
def test_a_part_that_breaks_off_is_requested_again(s3: S3Server, bucket: str, relay: Relay) -> None:
    s3.put(bucket, "large", LARGE)
    with open_object(f"s3://{bucket}/large") as file:
        relay.faults = [Fault(cut=1000)]
        assert file.read(1 << 20) == LARGE[: 1 << 20]


@pytest.mark.usefixtures("_environment")
def test_an_object_that_was_replaced_is_not_mixed_with_the_new_one(s3: S3Server, bucket: str) -> None:
    s3.put(bucket, "part", LARGE)
    with open_object(f"s3://{bucket}/part") as file:
        file.read(10)
        s3.put(bucket, "part", LARGE[::-1])
        file.seek(1 << 20)
        with pytest.raises(StorageError, match=rf"s3://{bucket}/part was replaced or removed while it was"):
            file.read(10)


@pytest.mark.usefixtures("_environment")
def test_an_object_that_does_not_exist_is_named(bucket: str) -> None:
    with pytest.raises(StorageError, match=rf"There is no object s3://{bucket}/nothing"):
        open_object(f"s3://{bucket}/nothing")
