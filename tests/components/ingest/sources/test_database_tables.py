from pathlib import Path

import pytest

from components.errors import InvalidSource
from tests.databases import Shop


def test_a_table_is_found_by_its_name_and_its_schema(shop: Shop, tmp_path: Path) -> None:
    shop.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.customers AS SELECT 1 AS a",
        'CREATE TABLE "Two Words" AS SELECT 2 AS a',
        'CREATE TABLE "with.dot" AS SELECT 3 AS a',
        "CREATE VIEW seen AS SELECT 4 AS a",
    )
    names = ["sales.customers", "Sales.CUSTOMERS", "Two%20Words", 'public."with.dot"', "seen"]
    found = [shop.read(f"table={name}", tmp_path)["a"].to_pylist() for name in names]
    assert found == [[1], [1], [2], [3], [4]]


@pytest.mark.parametrize(
    ("name", "near"), [("custmers", "customers"), ("sales.order", "sales.orders"), ("zzz", "customers")]
)
def test_a_missing_table_is_named_with_the_nearest(shop: Shop, tmp_path: Path, name: str, near: str) -> None:
    shop.run("CREATE SCHEMA sales", "CREATE TABLE customers (a int)", "CREATE TABLE sales.orders (a int)")
    with pytest.raises(InvalidSource, match=f"no table {name} at postgresql://reader@.*\n.*{near}"):
        shop.fetch(f"table={name}", tmp_path)


def test_a_database_without_tables_says_so(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="may read no table"):
        shop.fetch("table=customers", tmp_path)


def test_the_primary_key_orders_the_rows(shop: Shop, tmp_path: Path) -> None:
    shop.run(
        "CREATE TABLE t (a int, b int, c int, PRIMARY KEY (b, a))",
        "INSERT INTO t VALUES (2, 2, 1), (1, 2, 2), (3, 1, 3)",
    )
    found = shop.fetch("table=t", tmp_path)
    assert found.facts["row_order"] == "by primary key: b, a"
    assert found.notices == ()
    assert shop.read("table=t", tmp_path)["c"].to_pylist() == [3, 2, 1]


def test_rows_without_an_order_are_said(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    assert "no fixed order" in str(shop.fetch("table=t", tmp_path).notices[0])
    assert "Add ORDER BY" in str(shop.fetch("query=SELECT a FROM t", tmp_path).notices[0])
    assert shop.fetch("query=SELECT a FROM t ORDER BY a", tmp_path).notices == ()
