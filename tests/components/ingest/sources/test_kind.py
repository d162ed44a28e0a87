import pytest

from components.ingest.sources.kind import find_kind


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("sample:churn", "sample"),
        ("https://host/t.csv", "https"),
        ("S3://bucket/t.csv", "s3"),
        ("s3://bucket/delta+x", "s3"),
        ("gs://bucket/t.csv", "gs"),
        ("dvc+data@v1:t.csv", "dvc"),
        ("Delta+/data/table", "delta"),
        ("iceberg+t/metadata/0.metadata.json@12", "iceberg"),
        ("delta/table", ""),
        ("deltas+t", ""),
        ("a:b.csv", ""),
        ("folder/sample:churn", ""),
        ("t.csv", ""),
        ("", ""),
    ],
)
def test_a_source_is_a_path_or_an_address_of_a_kind(source: str, kind: str) -> None:
    assert find_kind(source) == kind
