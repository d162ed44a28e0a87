from pathlib import Path

import pytest

from components.ingest.sources import database_streams
from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.database_columns import describe_columns
from components.ingest.sources.database_snapshot import open_snapshot
from tests.databases import PASSWORD, Shop


def test_rows_are_copied_in_blocks_of_whole_rows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_streams, "_BLOCK_BYTES", 1000)
    query = "SELECT i, repeat(E'a\n', 50) AS text FROM generate_series(1, 100) AS i"
    with open_snapshot(DatabaseAddress.parse(f"{shop.address}?query={query}"), PASSWORD, 5) as snapshot:
        columns = describe_columns(snapshot.connection, query, "it")
        batches = list(database_streams.iterate_copied_batches(snapshot.connection, query, columns))
    assert len(batches) > 5
    assert [row["c0"] for batch in batches for row in batch.to_pylist()] == list(range(1, 101))
    assert {row["c1"] for batch in batches for row in batch.to_pylist()} == {"a\n" * 50}


def test_adbc_reads_the_snapshot_and_not_what_came_after(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    with open_snapshot(DatabaseAddress.parse(f"{shop.address}?table=t"), PASSWORD, 5) as snapshot:
        columns = describe_columns(snapshot.connection, "SELECT * FROM t", "it")
        shop.run("INSERT INTO t VALUES (2)")
        batches = database_streams.iterate_adbc_batches(snapshot, "SELECT * FROM t", columns)
        assert [batch.to_pydict() for batch in batches] == [{"c0": [1]}]
