"""The environment in which ingest reads from object storage."""

import pytest

from tests.s3 import S3Server, make_secret


@pytest.fixture
def storage(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server that the environment names, as its owner."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    return s3
