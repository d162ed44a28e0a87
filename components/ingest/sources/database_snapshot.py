"""One state of a database, which every connection that reads a table sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from components.errors import InvalidSource, suggest_name
from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.database_failures import explain_query_error, explain_refusal
from components.ingest.sources.database_tables import suggest_table

# What holds until the end of a transaction. A table's rows come in the same order, whoever else reads it;
# floats have all digits; and limits are those of the user or the address if they have one.
SETTINGS = (
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SELECT set_config(name, value, true) FROM "
    "(VALUES ('statement_timeout', '1h'), ('lock_timeout', '1min')) AS limits(name, value) "
    "WHERE current_setting(name) = '0'",
)
# Seconds after which a silent connection is asked for a sign of life, between such questions, and how many
# stay without an answer before it counts as lost.
_SIGNS_OF_LIFE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}


@dataclass(frozen=True)
class DatabaseSnapshot:
    """A transaction that reads one state of a database, and what another connection needs to read the same.

    Attributes
    ----------
    connection : psycopg.Connection
        The connection, in the transaction.
    conninfo : str
        How to connect: address, options and password, for libpq.
    name : str
        Name of the exported snapshot.
    moment : datetime
        When it was taken, by the server's clock.
    transactions : str
        The transactions that it sees, as PostgreSQL writes them.
    """

    connection: psycopg.Connection
    conninfo: str
    name: str
    moment: datetime
    transactions: str

    def __repr__(self) -> str:
        # Without the password.
        return f"DatabaseSnapshot({self.name!r})"


@contextmanager
def open_snapshot(
    address: DatabaseAddress, password: str | None, timeout: float
) -> Iterator[DatabaseSnapshot]:
    """Connect, and yield a snapshot.

    Parameters
    ----------
    address : DatabaseAddress
        The address.
    password : str or None
        The user's password. None: libpq finds it, in the file that PGPASSFILE names.
    timeout : float
        Seconds to wait for a connection.

    Raises
    ------
    DatabaseFailure
        There is no connection, or it breaks off in the block, or a query of the block is refused.
    InvalidSource
        The address is wrong.
    """
    conninfo = _build_conninfo(address, password, timeout)
    try:
        connection = psycopg.connect(conninfo)
    except psycopg.Error as error:
        # Not as the cause: it holds the password.
        raise explain_refusal(error, address) from None
    with connection:
        try:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for statement in SETTINGS:
                connection.execute(statement)
            found = connection.execute(
                "SELECT pg_export_snapshot(), transaction_timestamp(), txid_current_snapshot()::text"
            ).fetchone()
            assert found is not None
            yield DatabaseSnapshot(connection, conninfo, found[0], found[1].astimezone(UTC), found[2])
        except psycopg.Error as error:
            text = error.diag.message_primary or str(error)
            hint = error.diag.message_hint
            if isinstance(error, psycopg.errors.UndefinedTable):
                connection.rollback()
                hint = suggest_table(connection, text)
            raise explain_query_error(error.sqlstate, text, hint, address) from None


def _build_conninfo(address: DatabaseAddress, password: str | None, timeout: float) -> str:
    known = {"connect_timeout": str(max(2, round(timeout))), **_SIGNS_OF_LIFE, **address.options}
    if password is not None:
        known["password"] = password
    names = [option.keyword.decode() for option in pq.Conninfo.get_defaults()]
    for name in address.options:
        if name not in names:
            raise InvalidSource(
                f"The address {address.place} has an unknown option {name!r}.",
                suggest_name(name, [*names, "table", "query"], "option"),
            )
    try:
        return make_conninfo(address.place, application_name="kfp-tabular", client_encoding="UTF8", **known)
    except psycopg.ProgrammingError as error:
        raise InvalidSource(
            f"{address.place} is not an address of a database: {str(error).strip()}.",
            "Write it as postgresql://user@host:5432/database.",
        ) from None
