"""The tables of a database: find one by its name, and the order of its rows."""

import re
from typing import NamedTuple

import psycopg
from psycopg import sql

from components.errors import InvalidSource, suggest_name

# Tables, partitioned and foreign tables, views and materialised views.
_READABLE = "rpfvm"


class TableQuery(NamedTuple):
    """How all rows of a table are read.

    Attributes
    ----------
    text : str
        The query.
    order : tuple of str
        The columns of its primary key, which order the rows; empty if it has none.
    """

    text: str
    order: tuple[str, ...]


def build_table_query(connection: psycopg.Connection, name: str, place: str) -> TableQuery:
    """Return a query for all rows of a table, ordered by its primary key.

    Parameters
    ----------
    connection : psycopg.Connection
        The connection.
    name : str
        Its name, perhaps after its schema and a dot; in double quotes if it has a dot itself.
    place : str
        What to call the database in an error.

    Raises
    ------
    InvalidSource
        There is no such table; the message offers the nearest name.
    """
    oid = _find_table(connection, name)
    if oid is None:
        raise InvalidSource(f"There is no table {name} at {place}.", suggest_table(connection, name))
    row = connection.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE pg_class.oid = %s",
        [oid],
    ).fetchone()
    assert row is not None
    key = connection.execute(
        "SELECT attname FROM pg_index "
        "CROSS JOIN LATERAL unnest(indkey) WITH ORDINALITY AS part(number, place) "
        "JOIN pg_attribute ON attrelid = indrelid AND attnum = number "
        "WHERE indrelid = %s AND indisprimary ORDER BY place",
        [oid],
    ).fetchall()
    order = tuple(column for (column,) in key)
    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*row))
    if order:
        query += sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, order)))
    return TableQuery(query.as_string(connection), order)


def suggest_table(connection: psycopg.Connection, name: str) -> str:
    """Return a sentence that offers the table nearest to a name, or to one that a message quotes."""
    quoted = re.search(r'"(.+)"', name)
    wanted = (quoted[1] if quoted else name).replace('"', "")
    rows = connection.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE strpos(%s, relkind::text) > 0 AND nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND nspname NOT LIKE 'pg\\_toast%%' AND has_table_privilege(pg_class.oid, 'SELECT') ORDER BY 1, 2",
        [_READABLE],
    ).fetchall()
    if not rows:
        return "This user may read no table of the database: check the database's name and the user's rights."
    names = [f"{schema}.{table}" if "." in wanted else table for schema, table in rows]
    return suggest_name(wanted, names, "table")


def _find_table(connection: psycopg.Connection, name: str) -> int | None:
    """Return the table with a name as it is written, else in lower case, as PostgreSQL reads names."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', name)
    spellings = [
        ".".join(f'"{quoted or spell(plain)}"' for quoted, plain in parts) for spell in (str, str.lower)
    ]
    for spelling in spellings:
        row = connection.execute("SELECT to_regclass(%s::text)::oid::int8", [spelling]).fetchone()
        if row is not None and row[0] is not None:
            return int(row[0])
    return None
