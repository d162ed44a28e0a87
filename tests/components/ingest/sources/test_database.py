"""A table of PostgreSQL as a source, on a real server."""

import threading
import time
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source, find_source
from components.ingest.sources.fingerprints import is_unknown
from tests.databases import Shop
from tests.outage import return_after


def test_its_content_is_unknown_before_it_is_read() -> None:
    address = "postgresql://ana@nowhere.invalid/shop?table=t"
    first, second = compute_fingerprint(address), compute_fingerprint(address)
    assert is_unknown(first)
    assert first != second


def test_an_address_with_a_password_is_refused_before_anything_is_read() -> None:
    with pytest.raises(InvalidSource, match="has a password"):
        compute_fingerprint("postgresql://ana:hidden@nowhere.invalid/shop?table=t")


def test_it_has_no_versions() -> None:
    with pytest.raises(InvalidSetting, match="A database keeps no earlier rows"):
        find_source("postgresql://ana@host/shop?table=t").pin("2026-11-30T04:34:35.945Z, snapshot 741:741:")


@pytest.mark.slow
def test_facts_say_what_was_read_and_when(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    found = shop.fetch("table=t", tmp_path)
    assert found.facts["source_version"].startswith("20")
    assert "Z, snapshot " in found.facts["source_version"]
    assert found.facts["reader"] == "ADBC"
    assert len(found.facts["schema_sha256"]) == 64
    shop.run("ALTER TABLE t ALTER a TYPE bigint")
    assert shop.fetch("table=t", tmp_path).facts["schema_sha256"] != found.facts["schema_sha256"]
    found.check_content("")
    found.check_content(compute_fingerprint(f"{shop.address}?table=t"))


@pytest.mark.slow
def test_a_connection_that_breaks_off_in_the_middle_is_made_again_and_all_is_read(
    shop: Shop, tmp_path: Path
) -> None:
    shop.run("CREATE TABLE t AS SELECT i, md5(i::text) AS text FROM generate_series(1, 2000000) AS i")
    stopped = []

    def stop() -> None:
        with psycopg.connect(shop.server.make_url().replace("+psycopg", ""), autocommit=True) as admin:
            for _ in range(2000):
                found = admin.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = 'shop' AND query LIKE 'COPY%' AND now() - query_start > '0.2 s'"
                ).fetchone()
                if found is not None and found[0]:
                    admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
                    )
                    stopped.append(found[0])
                    return
                time.sleep(0.005)

    thread = threading.Thread(target=stop)
    thread.start()
    found = fetch_source(f"{shop.address}?table=t", tmp_path, waits=(0.1, 0.5))
    thread.join()
    assert stopped
    assert pq.read_metadata(found.path).num_rows == 2_000_000


@pytest.mark.slow
def test_a_server_that_is_away_for_a_while_costs_only_time(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    with return_after(3.0, shop.server.port) as port:
        address = shop.address.replace(str(shop.server.port), str(port))
        assert pq.read_metadata(fetch_source(f"{address}?table=t", tmp_path).path).num_rows == 1
