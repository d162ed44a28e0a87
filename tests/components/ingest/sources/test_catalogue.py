"""Which source an address names."""

from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources.catalogue import fetch_source
from tests.s3 import S3Server

CSV = b"a,b\n1,2\n"


def test_other_schemes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="begins with 'gs', which is not supported"):
        fetch_source("gs://bucket/table.csv", tmp_path)


@pytest.mark.parametrize(
    ("source", "message"), [("", "No source is given"), ("x" * 5000, "cannot be read: File name too long")]
)
def test_a_wrong_path_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        fetch_source(source, tmp_path)


@pytest.mark.slow
def test_a_bucket_without_a_key_is_an_error(storage: S3Server, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="names a bucket but no object in it"):
        fetch_source("s3://bucket", tmp_path)
