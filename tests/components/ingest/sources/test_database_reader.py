"""Rows of PostgreSQL beside the same rows as Parquet."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.errors import InvalidSource
from components.ingest.run import run
from tests.databases import PASSWORD, Shop

MOMENTS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
# A type of PostgreSQL, the type of the same values in Parquet, and values.
COLUMNS: dict[str, tuple[str, pa.DataType, st.SearchStrategy[Any]]] = {
    "n": ("bigint", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "small": ("smallint", pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "x": ("double precision", pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "real": ("real", pa.float32(), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    "price": ("numeric(12,2)", pa.decimal128(12, 2), st.decimals(-(10**9), 10**9, places=2)),
    "free": ("numeric", pa.decimal128(20, 6), st.decimals(-(10**6), 10**6, places=6)),
    "flag": ("boolean", pa.bool_(), st.booleans()),
    "text": ("text", pa.string(), TEXTS),
    "day": ("date", pa.date32(), MOMENTS.map(dt.datetime.date)),
    "moment": ("timestamp", pa.timestamp("us"), MOMENTS),
    "zoned": ("timestamptz", pa.timestamp("us", "UTC"), MOMENTS.map(lambda at: at.replace(tzinfo=dt.UTC))),
    "time": ("time", pa.time64("us"), st.times()),
    "span": ("interval", pa.duration("us"), st.timedeltas(dt.timedelta(-999), dt.timedelta(999))),
}
ROWS = st.lists(
    st.tuples(*(st.none() | values for _, _, values in COLUMNS.values())), min_size=1, max_size=12
)


def load(shop: Shop, rows: list[tuple[Any, ...]], table: str = "typed") -> None:
    listing = ", ".join(f"{name} {type_}" for name, (type_, _, _) in COLUMNS.items())
    shop.run(f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} (id serial PRIMARY KEY, {listing})")
    names = ", ".join(COLUMNS)
    with psycopg.connect(shop.address, password=PASSWORD) as connection, connection.cursor() as cursor:
        marks = ", ".join("%s" for _ in COLUMNS)
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def build_parquet(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(COLUMNS.items(), zip(*rows, strict=True), strict=True)
    return pa.table(
        {"id": pa.array(range(1, len(rows) + 1), pa.int32())}
        | {name: pa.array(values, type_) for (name, (_, type_, _)), values in columns}
    )


def ingest(source: str, folder: Path) -> tuple[dict[str, Any], pa.Table]:
    problem = folder / "problem.json"
    problem.write_text('{"target": "flag"}')
    facts = run(
        dataset=str(folder / "dataset"),
        reading=str(folder / "reading.json"),
        problem=str(problem),
        source=source,
        seed=0,
    )
    return facts, pq.read_table(folder / "dataset")


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["ADBC", "COPY"])
def test_a_table_is_ingested_as_the_same_table_in_parquet(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    if reader == "COPY":
        # As if the driver were not installed.
        monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=ROWS)
    def compare(rows: list[tuple[Any, ...]]) -> None:
        load(shop, rows)
        file = tmp_path / "table.parquet"
        pq.write_table(build_parquet(rows), file)
        facts, found = ingest(f"{shop.address}?table=typed", tmp_path)
        expected, same = ingest(str(file), tmp_path)
        assert found.equals(same)
        assert facts["sha256"] == expected["sha256"]
        assert facts["reader"].startswith(reader)

    compare()


def test_both_readers_give_the_same_and_say_which_they_are(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = dt.datetime(2024, 2, 29, 1, 2, 3, 456789)
    row = (1, 2, 0.1, 0.5, Decimal("1.10"), Decimal("0.3"), True, 'a,"b\n', at.date(), at,
           at.replace(tzinfo=dt.UTC), at.time(), dt.timedelta(1, 2, 3))  # fmt: skip
    load(shop, [row, (None,) * len(row), (*row[:7], "", *row[8:])])
    shop.run(
        "UPDATE typed SET x = 'Infinity', real = 'NaN', free = 12345678901234567890 WHERE id = 1",
        "UPDATE typed SET day = 'infinity', zoned = '-infinity', moment = 'infinity' WHERE id = 3",
    )
    fast = shop.fetch("table=typed", tmp_path)
    rows = pq.read_table(fast.path)
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    slow = shop.fetch("table=typed", tmp_path)
    # NaN equals nothing.
    assert repr(pq.read_table(slow.path).to_pylist()) == repr(rows.to_pylist())
    assert slow.facts["reader"] == "COPY, because ADBC failed: it is not installed"
    assert slow.notices == fast.notices
    assert [str(notice) for notice in fast.notices] == [
        "Column 'day' has 1 infinite date, read as missing.",
        "Column 'moment' has 1 infinite timestamp without time zone, read as missing.",
        "Column 'zoned' has 1 infinite timestamp with time zone, read as missing.",
        "Columns of whole numbers with more than 15 digits are read as text: 'free'.",
    ]


def test_notices_of_a_database_are_among_those_of_the_table(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE t AS SELECT i, i % 2 = 0 AS flag FROM generate_series(1, 9) AS i")
    ingest(f"{shop.address}?table=t", tmp_path)
    assert "no fixed order" in (tmp_path / "reading.json").read_text()


def test_bytes_that_are_not_text_are_refused(shop: Shop, tmp_path: Path) -> None:
    shop.server.run(
        "DROP DATABASE IF EXISTS bytes",
        "CREATE DATABASE bytes OWNER reader ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
        "TEMPLATE template0",
    )
    other = Shop(shop.address.replace("/shop", "/bytes"), shop.server)
    other.run("CREATE TABLE t (a text)", "INSERT INTO t VALUES (E'\\xe9')")
    with pytest.raises(InvalidSource, match=r"invalid byte sequence.*\nConvert the text by a query"):
        other.fetch("table=t", tmp_path)
