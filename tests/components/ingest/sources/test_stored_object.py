"""Objects of a real S3 server."""

import gzip
import io
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components.errors import InvalidSetting
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source
from tests.s3 import S3Server

CSV = b"a,b\n1,2\n"


@pytest.mark.parametrize("scheme", ["s3", "S3"])
def test_an_object_is_copied_with_its_etag(
    storage: S3Server, bucket: str, tmp_path: Path, scheme: str
) -> None:
    etag = storage.put(bucket, "folder/table.csv", CSV)
    found = fetch_source(f"{scheme}://{bucket}/folder/table.csv", tmp_path)
    assert found.path.read_bytes() == CSV
    assert found.facts == {"etag": etag}


def test_a_gzip_object_is_unpacked_whatever_encoding_it_has(
    storage: S3Server, bucket: str, tmp_path: Path
) -> None:
    content = gzip.compress(CSV)
    storage.client.put_object(
        bucket, "table", io.BytesIO(content), len(content), metadata={"Content-Encoding": "gzip"}
    )
    assert fetch_source(f"s3://{bucket}/table", tmp_path).path.read_bytes() == CSV


def test_the_version_is_among_the_facts_where_there_are_versions(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.put(empty_bucket, "table.csv", CSV)
    version = storage.client.stat_object(empty_bucket, "table.csv").version_id
    assert fetch_source(f"s3://{empty_bucket}/table.csv", tmp_path).facts["source_version"] == version


def test_an_earlier_version_is_read_and_has_a_fingerprint_of_its_own(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.put(empty_bucket, "table.csv", CSV)
    old = storage.client.stat_object(empty_bucket, "table.csv").version_id
    storage.put(empty_bucket, "table.csv", CSV + b"another row\n")
    newest = f"s3://{empty_bucket}/table.csv"
    source = f"{newest}?versionId={old}"
    fingerprint = compute_fingerprint(source)
    assert fingerprint != compute_fingerprint(newest)
    content = fetch_source(source, tmp_path, fingerprint)
    assert content.path.read_bytes() == CSV
    assert content.facts["source_version"] == old


def test_object_storage_that_nobody_set_up_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://minio:9000")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(InvalidSetting, match=r"no credentials.*\n.*the Secret kfp-tabular"):
        fetch_source("s3://bucket/table.csv", tmp_path)
