"""The columns of a query in PostgreSQL: how each is selected, so that a table can hold its values.

Types that Arrow lacks, or that its drivers read otherwise than Parquet is read, are converted by the server.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql

from components.errors import InvalidSource, format_list

# https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
_BYTES, _CHARACTERS = 17, 1042
_OBJECT_ID, _NUMERIC, _MONEY = 26, 1700, 790
_DATE, _TIMESTAMP, _ZONED, _TIME, _INTERVAL = 1082, 1114, 1184, 1083, 1186
# Types that are selected as they are: booleans, integers, floats.
_PLAIN = {16: "boolean", 20: "integer", 21: "integer", 23: "integer", 700: "float", 701: "float"}
_MOMENTS = {_DATE: "date", _TIMESTAMP: "timestamp", _ZONED: "zoned"}
# Digits that every number of a type has exactly.
_DIGITS_OF_INTEGER, _DIGITS_OF_FLOAT = 18, 15
_LARGEST_EXACT, _LARGEST_FLOAT = 2**53, "1.7e308"
# Texts by nature; all others that become text are said.
_TEXTS = frozenset({18, 19, 25, _CHARACTERS, 1043, 2950})
_ENUM_TYPE, _STRING_CATEGORY = "e", "S"
# Arrays, composite types, ranges and multiranges, and types without values.
_NESTED_TYPES = frozenset("crmp")
_ARRAY_CATEGORY = "A"


@dataclass(frozen=True)
class DatabaseColumn:
    """A column of a query.

    Attributes
    ----------
    name : str
        Its name.
    type_name : str
        Its type, as PostgreSQL calls it.
    kind : str
        What the selected values are: ``"boolean"``, ``"integer"``, ``"float"``, ``"text"``, ``"date"``,
        ``"timestamp"``, ``"zoned"`` (a timestamp with a zone), ``"time"`` or ``"interval"``.
    expression : str
        SQL for its values.
    check : str
        SQL that is true for values that the expression does not keep, and null for all others; empty if it
        keeps every value.
    loss : str
        What those values are: ``"infinite"`` moments, or whole numbers of more ``"digits"`` than a float has.
    is_converted : bool
        Whether its type has no counterpart in a table, so that it becomes text.
    """

    name: str
    type_name: str
    kind: str
    expression: str
    check: str = ""
    loss: Literal["", "infinite", "digits"] = ""
    is_converted: bool = False


def describe_columns(
    connection: psycopg.Connection, query: str, source: str, exact: Iterable[str] = ()
) -> list[DatabaseColumn]:
    """Return the columns of a query, which is not run.

    Parameters
    ----------
    connection : psycopg.Connection
        The connection.
    query : str
        The query.
    source : str
        What to call it in an error.
    exact : iterable of str
        Names of columns whose numbers must keep all digits.

    Raises
    ------
    InvalidSource
        It has no columns, two of one name, or columns of values that are not single.
    psycopg.Error
        The query is wrong.
    """
    # As binary, because only then psycopg sends a text as one statement, and nothing is left on the server.
    statement = f"SELECT * FROM (\n{query}\n) AS source LIMIT 0"  # noqa: S608
    found = connection.execute(statement, binary=True).description
    if not found:
        raise InvalidSource(f"There are no columns in {source}.", "Select at least one.")
    types = _describe_types(connection, {column.type_code for column in found})
    refused = [f"{column.name!r} ({types[column.type_code].name})" for column in found
               if types[column.type_code].is_nested]  # fmt: skip
    if refused:
        raise InvalidSource(
            f"Columns of {source} have values that are not single numbers, texts or times: "
            f"{format_list(refused)}.",
            "Select the other columns by a query: ?query=SELECT a, b FROM table, or make single values of "
            "them there, for example array_length(column, 1).",
        )
    keep = set(exact)
    return [_plan_column(connection, column, types[column.type_code], keep) for column in found]


def compute_schema_hash(columns: Sequence[DatabaseColumn]) -> str:
    """Return the SHA-256 of the names and types of columns."""
    listing = json.dumps([[column.name, column.type_name] for column in columns])
    return hashlib.sha256(listing.encode()).hexdigest()


@dataclass(frozen=True)
class _Type:
    name: str
    category: str
    form: str
    oid: int

    @property
    def is_nested(self) -> bool:
        return self.oid == _BYTES or self.category == _ARRAY_CATEGORY or self.form in _NESTED_TYPES


def _describe_types(connection: psycopg.Connection, oids: set[int]) -> dict[int, _Type]:
    rows = connection.execute(
        "SELECT oid::int8, format_type(oid, NULL), typcategory::text, typtype::text FROM pg_type "
        "WHERE oid = ANY(%s::oid[])",
        [list(oids)],
    ).fetchall()
    return {oid: _Type(name, category, form, oid) for oid, name, category, form in rows}


def _plan_column(
    connection: psycopg.Connection, column: psycopg.Column, type_: _Type, keep: set[str]
) -> DatabaseColumn:
    name, oid = column.name, type_.oid
    value = sql.Identifier(name).as_string(connection)
    if oid in _PLAIN:
        return DatabaseColumn(name, type_.name, _PLAIN[oid], value)
    if oid == _OBJECT_ID:
        return DatabaseColumn(name, type_.name, "integer", f"{value}::int8")
    if oid == _NUMERIC:
        return _plan_number(column, type_, value, is_exact=name in keep)
    if oid == _MONEY:
        return DatabaseColumn(name, type_.name, "float", f"{value}::numeric::float8")
    if oid in _MOMENTS:
        check = f"CASE WHEN NOT isfinite({value}) THEN true END"
        finite = f"CASE WHEN isfinite({value}) THEN {value} END"
        return DatabaseColumn(name, type_.name, _MOMENTS[oid], finite, check, "infinite")
    if oid == _TIME:
        return DatabaseColumn(name, type_.name, "time", value)
    if oid == _INTERVAL:
        check = f"CASE WHEN NOT isfinite({value}) THEN true END"
        microseconds = f"(extract(epoch FROM {value}) * 1000000)::int8"
        finite = f"CASE WHEN isfinite({value}) THEN {microseconds} END"
        return DatabaseColumn(name, type_.name, "interval", finite, check, "infinite")
    is_text = oid in _TEXTS or type_.form == _ENUM_TYPE or type_.category == _STRING_CATEGORY
    return DatabaseColumn(name, type_.name, "text", f"{value}::text", is_converted=not is_text)


def _plan_number(column: psycopg.Column, type_: _Type, value: str, *, is_exact: bool) -> DatabaseColumn:
    """Plan a decimal number: an integer or a float where that has all its digits.

    A longer fraction becomes the nearest float, as in Parquet. A longer whole number may be an identifier, so
    the check finds those, and then the column keeps all digits as text.
    """
    name = column.name
    if is_exact:
        whole = f"CASE WHEN {value} = trunc({value}) THEN trunc({value}) ELSE {value} END"
        return DatabaseColumn(name, type_.name, "text", f"NULLIF({whole}, 'NaN')::text")
    precision, scale = column.precision, column.scale
    if precision is not None and scale == 0 and precision <= _DIGITS_OF_INTEGER:
        return DatabaseColumn(name, type_.name, "integer", f"NULLIF({value}, 'NaN')::int8")
    if precision is not None and precision <= _DIGITS_OF_FLOAT and scale is not None and scale >= 0:
        return DatabaseColumn(name, type_.name, "float", f"{value}::float8")
    check = (
        f"CASE WHEN {value} = trunc({value}) AND abs({value}) > {_LARGEST_EXACT} "
        f"AND abs({value}) < {_LARGEST_FLOAT} THEN true END"
    )
    return DatabaseColumn(name, type_.name, "float", f"{value}::float8", check, "digits")
