"""A database on the tests' PostgreSQL server, with a user who may only read and write tables."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.ingest.sources.catalogue import fetch_source
from components.ingest.sources.source import LocalSource
from tests.postgres import Postgres

PASSWORD = "only-for-reading"


@dataclass(frozen=True)
class Shop:
    """A database: its address without a password, and the server."""

    address: str
    server: Postgres

    def run(self, *statements: str) -> None:
        with closing(psycopg.connect(self.address, password=PASSWORD, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)

    def fetch(self, what: str, scratch: Path) -> LocalSource:
        return fetch_source(f"{self.address}?{what}", scratch, waits=())

    def read(self, what: str, scratch: Path) -> pa.Table:
        return pq.read_table(self.fetch(what, scratch).path)


@pytest.fixture(scope="session")
def shop_server(postgres: Postgres) -> Shop:
    postgres.run(f"CREATE USER reader PASSWORD '{PASSWORD}'", "CREATE DATABASE shop OWNER reader")
    return Shop(f"postgresql://reader@127.0.0.1:{postgres.port}/shop", postgres)


@pytest.fixture
def shop(shop_server: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A database without tables."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD + "\n")
    yield shop_server
    shop_server.run(
        "DROP SCHEMA IF EXISTS sales CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"
    )
