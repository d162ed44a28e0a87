from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.database_snapshot import open_snapshot
from tests.databases import PASSWORD, Shop


def open_address(shop: Shop, text: str = "table=t"):
    return open_snapshot(DatabaseAddress.parse(f"{shop.address}?{text}"), PASSWORD, 5)


def test_a_snapshot_does_not_see_what_comes_later(shop: Shop) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    with open_address(shop) as snapshot:
        shop.run("INSERT INTO t VALUES (2)")
        assert snapshot.connection.execute("SELECT a FROM t").fetchall() == [(1,)]
        assert PASSWORD not in repr(snapshot)


def test_limits_are_those_of_the_address_if_it_has_some(shop: Shop) -> None:
    shown = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
    with open_address(shop) as snapshot:
        assert snapshot.connection.execute(shown).fetchall() == [("1h", "1min")]
    with open_address(shop, "options=-c%20statement_timeout%3D2h&table=t") as snapshot:
        assert snapshot.connection.execute(shown).fetchall() == [("2h", "1min")]
