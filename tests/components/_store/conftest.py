import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from tests.s3 import S3Server


@pytest.fixture
def versions(s3: S3Server, empty_bucket: str) -> list[str]:
    """The versions of an object, "old" and "new"; a third one was removed."""
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    names = []
    for content in (b"old", b"new"):
        s3.put(empty_bucket, "table.csv", content)
        names.append(str(s3.client.stat_object(empty_bucket, "table.csv").version_id))
    s3.put(empty_bucket, "table.csv.old", b"another object")
    return names
