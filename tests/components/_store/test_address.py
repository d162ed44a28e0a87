import pytest

from components._store.address import Address
from components.errors import InvalidSource


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("s3://data/table.csv", "data", "table.csv"),
        ("S3://my.data-1/a/b c/ü%20?x#y.csv", "my.data-1", "a/b c/ü%20?x#y.csv"),
        ("s3://data//odd", "data", "/odd"),
    ],
)
def test_an_address_is_a_bucket_and_a_key_as_it_is_written(text: str, bucket: str, key: str) -> None:
    assert Address.parse(text) == Address(bucket, key)


@pytest.mark.parametrize("text", ["s3://data/a/b.csv", "s3://data/a/b?x.csv?versionId=3HL4+k/q="])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_an_address_may_name_a_version() -> None:
    assert Address.parse("s3://data/b.csv?versionId=a1") == Address("data", "b.csv", "a1")


def test_a_version_without_a_name_is_an_error() -> None:
    with pytest.raises(InvalidSource, match=r"b\.csv\?versionId= has no version after versionId="):
        Address.parse("s3://data/b.csv?versionId=")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s3://", "does not name a bucket"),
        ("s3:///table.csv", "does not name a bucket"),
        ("s3://Data/table.csv", "has an invalid bucket name: 'Data'"),
        ("s3://user:password@data/table.csv", "has an invalid bucket name"),
        ("s3://da/table.csv", "has an invalid bucket name"),
        ("s3://10.0.0.1/table.csv", "has an invalid bucket name"),
        ("s3://data..old/table.csv", "has an invalid bucket name"),
        ("s3://xn--data/table.csv", "has an invalid bucket name"),
        ("s3://data-s3alias/table.csv", "has an invalid bucket name"),
        ("s3://data", "names a bucket but no object"),
        ("s3://data/", "names a bucket but no object"),
        ("s3://data/2024/", "names the folder 2024/ but no object"),
    ],
)
def test_what_names_no_object_is_an_error_that_shows_how_it_is_written(text: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=rf"{message}.*\n.*s3://bucket/folder/table\.csv"):
        Address.parse(text)
