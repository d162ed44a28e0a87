"""The rows of a table or a query in PostgreSQL, copied into a Parquet file.

ADBC reads them as Arrow. Where it cannot, psycopg reads them as text, in the same snapshot.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from components._files.row_stream import name_columns
from components._table.notice import Notice
from components.errors import InvalidSource, format_count, format_list
from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.database_columns import (
    DatabaseColumn,
    compute_schema_hash,
    describe_columns,
)
from components.ingest.sources.database_snapshot import DatabaseSnapshot, open_snapshot
from components.ingest.sources.database_streams import (
    ARROW_TYPES_OF_KINDS,
    UnreadableByAdbc,
    iterate_adbc_batches,
    iterate_copied_batches,
)
from components.ingest.sources.database_tables import build_table_query


class CopiedRows(NamedTuple):
    """What is known of rows that were copied.

    Attributes
    ----------
    facts : dict of str to str
        As in ``LocalSource``.
    notices : tuple of Notice
        What was decided about them.
    """

    facts: dict[str, str]
    notices: tuple[Notice, ...]


def copy_rows(address: DatabaseAddress, password: str | None, file: Path, timeout: float) -> CopiedRows:
    """Copy all rows of one snapshot into a Parquet file.

    Parameters
    ----------
    address : DatabaseAddress
        The table or query.
    password, timeout
        As for ``open_snapshot``.
    file : Path
        The file to write.

    Raises
    ------
    DatabaseFailure
        The server cannot be reached, or refuses the query, or the connection broke off.
    InvalidSource
        There is no such table, there are no rows, or a column cannot be one of a table.
    OSError
        The file cannot be written.
    """
    with open_snapshot(address, password, timeout) as snapshot:
        query, order = address.query, ""
        if address.table:
            query, key = build_table_query(snapshot.connection, address.table, address.place)
            order = f"by primary key: {', '.join(key)}" if key else ""
        elif re.search(r"\border\s+by\b", query, re.IGNORECASE):
            order = "by the query"
        exact: set[str] = set()
        # The further turns read columns with long numbers as text.
        while True:
            columns = describe_columns(snapshot.connection, query, str(address), exact)
            names = name_columns([column.name for column in columns], f"The result of {address}")
            counts, reader = _write_rows(snapshot, query, columns, names, file)
            lost = {column.name for column in columns if column.loss == "digits" and counts[column.name]}
            if not lost:
                break
            exact |= lost
    if not counts[_ROWS]:
        raise InvalidSource(
            f"PostgreSQL returned no rows of {address}.", "Check the name, or the query's conditions."
        )
    moment = snapshot.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {
        "source_version": f"{moment}, snapshot {snapshot.transactions}",
        "reader": reader,
        "row_order": order or "as PostgreSQL returned them",
        "schema_sha256": compute_schema_hash(columns),
    }
    return CopiedRows(facts, tuple(_list_notices(columns, counts, exact, order, address)))


# In the counts, which have names of columns, too.
_ROWS = ""


def _write_rows(
    snapshot: DatabaseSnapshot,
    query: str,
    columns: Sequence[DatabaseColumn],
    names: Sequence[str],
    file: Path,
) -> tuple[dict[str, int], str]:
    """Write rows, and return how many there are, how many values each column lost, and what read them."""
    try:
        batches = iterate_adbc_batches(snapshot, query, columns)
        return _write_batches(batches, columns, names, file), "ADBC"
    except UnreadableByAdbc as error:
        batches = iterate_copied_batches(snapshot.connection, query, columns)
        counts = _write_batches(batches, columns, names, file)
        return counts, f"COPY, because ADBC failed: {error}"


def _write_batches(
    batches: Iterator[pa.RecordBatch], columns: Sequence[DatabaseColumn], names: Sequence[str], file: Path
) -> dict[str, int]:
    """Write batches of the columns' values, followed by those of their checks, and count."""
    fields = [(name, ARROW_TYPES_OF_KINDS[column.kind]) for name, column in zip(names, columns, strict=True)]
    schema = pa.schema(fields)
    checked = [column for column in columns if column.check]
    counts = dict.fromkeys([_ROWS, *(column.name for column in columns)], 0)
    # Its reader is the next step, on this machine.
    with pq.ParquetWriter(file, schema, compression="none", use_dictionary=False) as writer:
        for batch in batches:
            counts[_ROWS] += batch.num_rows
            for column, check in zip(checked, batch.columns[len(columns) :], strict=True):
                counts[column.name] += len(check) - check.null_count
            if any(counts[column.name] and column.loss == "digits" for column in checked):
                # The file is written again. The rows are read to their end, to find all such columns.
                continue
            writer.write_batch(pa.record_batch(batch.columns[: len(columns)], schema=schema))
    return counts


def _list_notices(
    columns: Sequence[DatabaseColumn],
    counts: dict[str, int],
    exact: set[str],
    order: str,
    address: DatabaseAddress,
) -> Iterator[Notice]:
    for column in columns:
        if column.loss == "infinite" and counts[column.name]:
            n = format_count(counts[column.name], f"infinite {column.type_name}")
            yield Notice("warning", f"Column {column.name!r} has {n}, read as missing.")
    if exact:
        names = format_list(map(repr, sorted(exact)))
        yield Notice("note", f"Columns of whole numbers with more than 15 digits are read as text: {names}.")
    converted = [f"{column.name!r} ({column.type_name})" for column in columns if column.is_converted]
    if converted:
        yield Notice("note", f"Columns of other types are read as text: {format_list(converted)}.")
    if not order:
        remedy = (
            "Give the table a primary key, or read it by a query with ORDER BY."
            if address.table
            else "Add ORDER BY to the query."
        )
        yield Notice(
            "warning",
            "The rows have no fixed order, so a later run of the same rows may split them otherwise.",
            remedy,
        )
