"""What a real server and libpq say, in words."""

import re
import socket
from pathlib import Path

import psycopg
import pytest

from components.errors import InvalidSource
from components.ingest.sources.catalogue import fetch_source
from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.database_failures import explain_query_error, explain_refusal, is_transient
from tests.databases import Shop

ADDRESS = DatabaseAddress.parse("postgresql://ana@host/shop?table=t")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM custmers", r"relation \"custmers\" does not exist.*\nDid you mean 'customers'"),
        ("SELECT nme FROM customers", r"column \"nme\" does not exist"),
        ("SELECT name FROM customers WHERE", "syntax error at end of input|syntax error at or near"),
        ("SELECT 1) AS x; DROP TABLE customers; --", "syntax error"),
        ("SELECT 1; SELECT 2", "syntax error"),
        ("WITH x AS (DELETE FROM customers RETURNING *) SELECT * FROM x", "data-modifying"),
        ("SELECT nextval('numbers')", "read-only transaction"),
        ("SELECT 1 / (id - 1) AS x FROM customers", "division by zero"),
        ("SELECT 1e400::numeric AS x", "out of range for type double precision.*\n.*a float can hold"),
        ("SELECT id AS a, name AS a FROM customers", "more than one column named 'a'"),
        ("SELECT FROM customers", "There are no columns"),
        ("SELECT * FROM customers WHERE id = 0", "returned no rows"),
        ("SELECT * FROM hidden", "permission denied.*\nGrant the user"),
    ],
)
def test_a_query_that_fails_is_explained(shop: Shop, tmp_path: Path, query: str, message: str) -> None:
    shop.run("CREATE TABLE customers AS SELECT 1 AS id, 'x' AS name", "CREATE TABLE hidden (a int)")
    shop.run("CREATE SEQUENCE numbers")
    shop.run("REVOKE ALL ON hidden FROM reader")
    with pytest.raises(InvalidSource, match=message):
        shop.fetch(f"query={query}", tmp_path)
    assert shop.read("table=customers", tmp_path).num_rows == 1


def test_a_query_that_takes_too_long_is_ended(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=r"statement timeout.*\n.*options=-c%20statement_timeout"):
        shop.fetch("options=-c%20statement_timeout%3D50ms&query=SELECT pg_sleep(5)::text", tmp_path)


def test_a_table_that_is_locked_is_given_up(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT 1 AS a")
    with psycopg.connect(shop.server.make_url(database="shop").replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE t")
        with pytest.raises(InvalidSource, match=r"lock timeout.*\nAnother transaction"):
            shop.fetch("options=-c%20lock_timeout%3D50ms&table=t", tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("/shop", "/shp"), "it has no database 'shp'"),
        (("reader@", "nobody@"), "it refuses the password of nobody"),
        (("/shop?", "/shop?sslmode=require&"), "it does not answer with TLS"),
        (("/shop?", "/shop?sslmode=requir&"), "invalid sslmode value"),
        (("/shop?", "/shop?sslmod=require&"), "unknown option 'sslmod'.\nDid you mean 'sslmode'"),
        (("127.0.0.1", "nowhere.invalid"), "host name is not known here"),
        (("127.0.0.1", "[::1"), "is not an address of a database"),
    ],
)
def test_a_wrong_address_is_explained(
    shop: Shop, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(InvalidSource, match=message):
        fetch_source(f"{shop.address}?table=t".replace(*change), tmp_path, waits=())


@pytest.mark.parametrize(
    ("password", "message"),
    [("wrong", "refuses the password of reader"), ("", "asks for a password of reader")],
)
def test_a_password_that_is_wrong_or_missing_names_its_variable(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str, message: str
) -> None:
    monkeypatch.setenv("PGPASSWORD", password)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(InvalidSource, match=message) as refused:
        shop.fetch("table=t", tmp_path)
    assert "Set PGPASSWORD" in refused.value.remedy
    assert "Secret kfp-tabular" in refused.value.remedy
    assert not is_transient(refused.value)


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        address = f"postgresql://ana@127.0.0.1:{port.getsockname()[1]}/shop?table=t"
        with pytest.raises(InvalidSource, match="cannot be reached: connection refused") as refused:
            fetch_source(address, tmp_path, waits=())
    assert is_transient(refused.value)


def test_words_of_a_server_in_another_language_are_passed_on() -> None:
    error = psycopg.OperationalError("FATAL:  Passwort-Authentifizierung fehlgeschlagen")
    assert "Passwort-Authentifizierung fehlgeschlagen" in str(explain_refusal(error, ADDRESS))


@pytest.mark.parametrize(
    ("state", "can_pass"),
    [(None, True), ("57P01", True), ("08006", True), ("40001", True), ("42P01", False), ("57014", False)],
)
def test_only_some_errors_of_a_query_may_pass(state: str | None, can_pass: bool) -> None:
    error = explain_query_error(state, "text", None, ADDRESS)
    assert is_transient(error) == can_pass
    assert re.search("text|broke off", str(error))
