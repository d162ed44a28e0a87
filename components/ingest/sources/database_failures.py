"""Why PostgreSQL refused a connection or a query, in words."""

import re

import psycopg

from components.errors import InvalidSource
from components.ingest.sources.database_address import DatabaseAddress
from components.network import LOST, REFUSED, TIMED_OUT, UNKNOWN_HOST

_LOGIN_REMEDY = (
    "Set PGPASSWORD to the password of {user}, or PGPASSFILE to a file that holds it. On a cluster, "
    "PGPASSWORD is a key of the Secret kfp-tabular."
)
# What the server or libpq says without a connection, the reason, the remedy, and whether it may pass.
_CONNECTION_TEXTS: tuple[tuple[str, str, str, bool], ...] = (
    (r"failed to resolve host|could not translate host name", *UNKNOWN_HOST[:2], False),
    (r"password authentication failed", "it refuses the password of {user}", _LOGIN_REMEDY, False),
    (r"no password supplied", "it asks for a password of {user}, and none is set", _LOGIN_REMEDY, False),
    (
        r'database "(?P<name>.*)" does not exist',
        "it has no database {name!r}",
        "Check the name after the host: postgresql://user@host:port/database.",
        False,
    ),
    (r'role "(?P<name>.*)" does not exist', "it has no user {name!r}", "Check the name before the @.", False),
    (
        r"no pg_hba\.conf entry",
        "it does not let {user} in from here",
        "Add a line to its pg_hba.conf. If the line there asks for TLS, add sslmode=require to the address.",
        False,
    ),
    (
        r"certificate verify failed|SSL error: certificate",
        "its certificate is not trusted",
        "Give your authority's certificate: sslrootcert=/path/to/file in the address.",
        False,
    ),
    (
        r"server does not support SSL",
        "it does not answer with TLS, which sslmode in the address asks for",
        "Set up TLS at the server, or leave sslmode out.",
        False,
    ),
    (r"connection is bad: (?P<name>invalid .*)", "{name}", "Correct the address.", False),
    (r"starting up|shutting down|in recovery mode", "it is starting or stopping", LOST.remedy, True),
    (r"too many clients|too many connections", "it has no free connection", "Try again later.", True),
    (r"[Cc]onnection refused", *REFUSED),
    (r"timeout expired|timed out", *TIMED_OUT),
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html: by SQLSTATE, what to do.
_REMEDIES = {
    "42501": "Grant the user the right to read it: GRANT SELECT ON table TO user.",
    "42601": "Correct the query. Try it in psql first.",
    "42703": "Check the name of the column; psql lists those of a table with \\d table.",
    "25006": "Give a query that only reads.",
    "57014": (
        "Make the query faster or its rows fewer, or allow more time in the address, before query=: "
        "options=-c%20statement_timeout%3D2h&"
    ),
    "55P03": "Another transaction has locked the table. Try again when it has ended.",
    "22021": "Convert the text by a query, for example: convert_from(column::bytea, 'LATIN1').",
    "22003": (
        "A number is larger than a float can hold, or nearer to zero. Leave it out by a query, or convert it "
        "there into text."
    ),
}
# Classes and single states after which a later attempt may succeed: no connection, no resources, a stop of
# the server, and a conflict with another transaction.
_TRANSIENT = ("08", "53300", "57P", "40")


class DatabaseFailure(InvalidSource):
    """A database refuses a connection or a query, or the connection broke off.

    Attributes
    ----------
    can_pass : bool
        Whether a later attempt may succeed.
    """

    def __init__(self, what: str, remedy: str, *, can_pass: bool = False) -> None:
        super().__init__(what, remedy)
        self.can_pass = can_pass


def is_transient(error: Exception) -> bool:
    """Return whether a later attempt may succeed."""
    return isinstance(error, DatabaseFailure) and error.can_pass


def explain_refusal(error: psycopg.Error, address: DatabaseAddress) -> DatabaseFailure:
    """Return why there is no connection.

    Parameters
    ----------
    error : psycopg.Error
        The error of the attempt to connect.
    address : DatabaseAddress
        The address.
    """
    text = str(error)
    user = error.pgconn.user.decode() if error.pgconn is not None else "the user"
    for pattern, reason, remedy, can_pass in _CONNECTION_TEXTS:
        if found := re.search(pattern, text):
            words = {"user": user, **found.groupdict()}
            what = f"{address.place} cannot be reached: {reason.format(**words)}."
            return DatabaseFailure(what, remedy.format(**words), can_pass=can_pass)
    # A server that speaks another language than English says so in its own words.
    said = text.strip().splitlines()[-1] if text.strip() else "it says no reason"
    is_refused = error.pgconn is not None and (error.pgconn.used_password or error.pgconn.needs_password)
    remedy = _LOGIN_REMEDY.format(user=user) if is_refused else REFUSED.remedy
    return DatabaseFailure(f"{address.place} cannot be reached: {said}", remedy, can_pass=not is_refused)


def explain_query_error(
    state: str | None, text: str, hint: str | None, address: DatabaseAddress
) -> DatabaseFailure:
    """Return why a query failed.

    Parameters
    ----------
    state : str or None
        The SQLSTATE; None if the server said nothing.
    text : str
        What it said.
    hint : str or None
        The server's own proposal.
    address : DatabaseAddress
        The address.
    """
    if state is None:
        return DatabaseFailure(
            f"PostgreSQL did not send all rows of {address}: {LOST.reason}.", LOST.remedy, can_pass=True
        )
    remedy = hint or _REMEDIES.get(state, "Try the query in psql first; ask the database's administrator.")
    what = f"PostgreSQL refuses {address}: {text.strip()} (SQLSTATE {state})."
    return DatabaseFailure(what, remedy, can_pass=state.startswith(_TRANSIENT))
