"""Rows on their way from PostgreSQL, as batches of Arrow: by ADBC, or by psycopg's COPY."""

from collections.abc import Iterator, Sequence

import psycopg
import pyarrow as pa
from pyarrow import csv

from components.ingest.sources.database_columns import DatabaseColumn
from components.ingest.sources.database_snapshot import SETTINGS, DatabaseSnapshot

ARROW_TYPES_OF_KINDS: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "zoned": pa.timestamp("us", "UTC"),
    "time": pa.time64("us"),
    "interval": pa.duration("us"),
}
_MICROSECONDS = "(extract(epoch FROM {}) * 1000000)::int8"
# As numbers, COPY writes them alike under all settings of the server.
_NUMBERS = {
    "float": "({})::float8",
    "date": "({}) - date '1970-01-01'",
    "timestamp": _MICROSECONDS,
    "zoned": _MICROSECONDS,
    "time": _MICROSECONDS,
}
# What COPY's text is read as.
_READ_TYPES = {"boolean": pa.bool_(), "float": pa.float64(), "text": pa.string(), "date": pa.int32()}
_BLOCK_BYTES = 1 << 24


class UnreadableByAdbc(Exception):
    """ADBC is not installed, or failed; psycopg may read the rows, or tell what is wrong."""


def iterate_adbc_batches(
    snapshot: DatabaseSnapshot, query: str, columns: Sequence[DatabaseColumn]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a query in a snapshot, with the columns' checks at the end.

    Raises
    ------
    UnreadableByAdbc
        It is not installed, or something went wrong. It does not tell what, if that happens in the middle.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise UnreadableByAdbc("it is not installed") from error
    values = [(column.expression, column.kind) for column in columns]
    selected = _select([*values, *((column.check, "boolean") for column in columns if column.check)], query)
    try:
        with dbapi.connect(snapshot.conninfo) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot.name}'")
            for statement in SETTINGS:
                cursor.execute(statement)
            cursor.execute(selected)
            batches = cursor.fetch_record_batch()
            while batch := _read_next(batches):
                yield _convert_batch(batch, columns)
    except Error as error:
        raise UnreadableByAdbc(str(error).strip().partition("\n")[0]) from None


def iterate_copied_batches(
    connection: psycopg.Connection, query: str, columns: Sequence[DatabaseColumn]
) -> Iterator[pa.RecordBatch]:
    """Yield the same as ``iterate_adbc_batches``, read as text.

    Raises
    ------
    psycopg.Error
        The server refuses, or the connection broke off.
    """
    values = [(_NUMBERS.get(column.kind, "{}").format(column.expression), column.kind) for column in columns]
    values += [(column.check, "boolean") for column in columns if column.check]
    names = [f"c{i}" for i in range(len(values))]
    types = {name: _READ_TYPES.get(kind, pa.int64()) for name, (_, kind) in zip(names, values, strict=True)}
    # COPY writes a missing value as nothing, and an empty text in quotes.
    convert = csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parse = csv.ParseOptions(newlines_in_values=True)
    statement = f"COPY ({_select(values, query)}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in _iterate_blocks(copy):
            # PyArrow's stream would read ahead in a thread, and use the connection after an error.
            read = csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False)
            table = csv.read_csv(pa.BufferReader(block), read, parse, convert)
            for batch in table.to_batches():
                yield _convert_batch(batch, columns)


def _iterate_blocks(copy: psycopg.Copy) -> Iterator[bytes]:
    """Yield whole rows. The server sends one in each message."""
    rows: list[bytes] = []
    n_bytes = 0
    for row in copy:
        rows.append(bytes(row))
        n_bytes += len(row)
        if n_bytes >= _BLOCK_BYTES:
            yield b"".join(rows)
            rows, n_bytes = [], 0
    if rows:
        yield b"".join(rows)


def _select(values: Sequence[tuple[str, str]], query: str) -> str:
    # Names of our own: two of the query's may be equal when they are cut to 63 bytes.
    listing = ", ".join(f"{expression} AS c{i}" for i, (expression, _) in enumerate(values))
    return f"SELECT {listing} FROM (\n{query}\n) AS source"  # noqa: S608


def _read_next(batches: pa.RecordBatchReader) -> pa.RecordBatch | None:
    try:
        return batches.read_next_batch()
    except StopIteration:
        return None
    except (OSError, pa.ArrowException) as error:
        raise UnreadableByAdbc(str(error).strip().partition("\n")[0]) from None


def _convert_batch(batch: pa.RecordBatch, columns: Sequence[DatabaseColumn]) -> pa.RecordBatch:
    """Return a batch with the type of each column's kind."""
    arrays = [
        values.cast(ARROW_TYPES_OF_KINDS[column.kind])
        for values, column in zip(batch.columns, columns, strict=False)
    ]
    return pa.RecordBatch.from_arrays([*arrays, *batch.columns[len(columns) :]], names=batch.schema.names)
