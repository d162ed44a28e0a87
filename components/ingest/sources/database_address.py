"""Addresses of tables and queries in PostgreSQL.

::

    postgresql://user@host:port/database?table=schema.name
    postgresql://user@host:port/database?sslmode=require&query=SELECT a, b FROM t WHERE c > 0
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from components.errors import InvalidSource

SCHEMES = ("postgresql", "postgres")
_SECRET_OPTIONS = frozenset({"password", "sslpassword", "oauth_client_secret"})
_EXAMPLE = "postgresql://user@host:5432/database?table=schema.name"
# What a statement that only reads begins with.
_READING = re.compile(r"(select|with|values|table)\b|\(", re.IGNORECASE)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_REMEDY = (
    "Leave it out, and set PGPASSWORD, or PGPASSFILE to a file that holds it. On a cluster, PGPASSWORD is a "
    "key of the Secret kfp-tabular. Change the password if somebody may have seen the address."
)


@dataclass(frozen=True)
class DatabaseAddress:
    """A table or the result of a query in PostgreSQL.

    Attributes
    ----------
    place : str
        The server and its database, without a password: ``postgresql://user@host:port/database``.
    options : dict of str to str
        Other settings of the connection, by libpq's names: ``sslmode``.
    table : str
        Name of the table, perhaps with its schema; empty for a query.
    query : str
        The query; empty for a table.
    """

    place: str
    options: dict[str, str]
    table: str = ""
    query: str = ""

    @classmethod
    def parse(cls, address: str) -> "DatabaseAddress":
        """Return the parts of an address.

        Parameters
        ----------
        address : str
            As in this module's description. A query that contains blanks is taken as it is and ends the
            address. Otherwise it is URL-encoded.

        Raises
        ------
        InvalidSource
            It has a password, which the message does not show; or not one of a table and a query; or the
            query is not one that only reads.
        """
        place, _, text = address.partition("?")
        _, _, server = place.partition("://")
        options = dict(_split_options(text))
        if ":" in server.rpartition("@")[0] or not _SECRET_OPTIONS.isdisjoint(options):
            raise InvalidSource("The address of the database has a password.", _REMEDY)
        table, query = options.pop("table", ""), options.pop("query", "").strip().rstrip("; \t\n")
        if bool(table) == bool(query):
            found = "both a table and a query" if table else "neither a table nor a query"
            raise InvalidSource(f"The address {place} names {found}.", f"Write it as in {_EXAMPLE}.")
        bare = _COMMENTS.sub(" ", query).strip()
        if query and not _READING.match(bare):
            raise InvalidSource(
                f"The query at {place} begins with {bare.partition(' ')[0]!r}, so it is not one that reads "
                "rows.",
                "Give a SELECT statement, or one that begins with WITH, VALUES or TABLE.",
            )
        return cls(place, options, table, query)

    def __str__(self) -> str:
        return f"the table {self.table} at {self.place}" if self.table else f"the query at {self.place}"


def _split_options(text: str) -> Iterator[tuple[str, str]]:
    while text:
        name, _, rest = text.partition("=")
        if name == "query" and re.search(r"\s", rest):
            yield name, rest
            return
        value, _, text = rest.partition("&")
        # A blank is + only where it is not %20: a+b is a sum in the one and two words in the other.
        is_form = name == "query" and "%20" not in value
        yield name, unquote_plus(value) if is_form else unquote(value)
