"""Real Iceberg tables, on disk and in a real object storage."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from components.errors import InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source, find_source
from tests.s3 import S3Server, make_secret

ROWS = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})


def make_table(folder: Path, warehouse: str, **settings: str) -> Table:
    catalog = SqlCatalog("tests", uri=f"sqlite:///{folder}/catalog.db", warehouse=warehouse, **settings)
    catalog.create_namespace("shop")
    return catalog.create_table("shop.customers", schema=ROWS.schema)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """A table of two snapshots, the second with the rows twice."""
    table = make_table(tmp_path, f"file://{tmp_path}")
    table.append(ROWS)
    table.append(ROWS)
    return table


def find_address(table: Table) -> str:
    return "iceberg+" + table.metadata_location.removeprefix("file://")


def read_a(address: str, scratch: Path) -> list[int]:
    return pq.read_table(fetch_source(address, scratch).path)["a"].to_pylist()


def test_each_snapshot_can_be_read_and_is_the_version(table: Table, tmp_path: Path) -> None:
    address, old = find_address(table), table.snapshots()[0].snapshot_id
    assert read_a(address, tmp_path) == [1, 2, 3, 1, 2, 3]
    assert read_a(f"{address}@{old}", tmp_path) == [1, 2, 3]
    found = fetch_source(address, tmp_path)
    again = find_source(address).pin(found.facts["source_version"])
    assert again == f"{address}@{table.snapshots()[1].snapshot_id}"
    assert read_a(again, tmp_path) == [1, 2, 3, 1, 2, 3]


def test_its_fingerprint_changes_with_its_snapshot(table: Table, tmp_path: Path) -> None:
    fingerprint = compute_fingerprint(find_address(table))
    fetch_source(find_address(table), tmp_path, fingerprint).check_content(fingerprint)
    table.delete("a = 1")
    assert compute_fingerprint(find_address(table)) != fingerprint
    with pytest.raises(InvalidSource, match="changed while the run was reading it"):
        fetch_source(find_address(table), tmp_path, fingerprint)
    assert read_a(find_address(table), tmp_path) == [2, 3, 2, 3]


def test_a_snapshot_that_never_was_is_named_with_those_that_are(table: Table) -> None:
    with pytest.raises(InvalidSource, match=f"no snapshot 7 in .* It has {table.snapshots()[0].snapshot_id}"):
        compute_fingerprint(f"{find_address(table)}@7")


def test_a_table_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="has no rows yet"):
        compute_fingerprint(find_address(make_table(tmp_path, f"file://{tmp_path}")))


@pytest.mark.parametrize("text", ["", "[]", "{}", "a,b"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "0.metadata.json"
    file.write_text(text)
    with pytest.raises(InvalidSource, match="is not the metadata of an Iceberg table"):
        compute_fingerprint(f"iceberg+{file}")
    with pytest.raises(InvalidSource, match=r"does not name the metadata file of a table"):
        compute_fingerprint(f"iceberg+{tmp_path}")


def test_a_snapshot_whose_files_are_gone_is_refused(table: Table, tmp_path: Path) -> None:
    for file in tmp_path.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(InvalidSource, match=r"cannot be read: (.|\n)*expired snapshots"):
        fetch_source(find_address(table), tmp_path)


@pytest.mark.slow
def test_a_table_in_object_storage_is_read(tmp_path: Path, storage: S3Server, empty_bucket: str) -> None:
    keys = {"s3.access-key-id": "owner", "s3.secret-access-key": make_secret("owner")}
    place = f"s3://{empty_bucket}/warehouse"
    table = make_table(tmp_path, place, **keys, **{"s3.endpoint": storage.endpoint, "s3.region": "us-east-1"})
    table.append(ROWS)
    assert read_a(find_address(table), tmp_path) == [1, 2, 3]
