"""Checks the database that the workers of a sweep share."""

import re

import psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from components.errors import InvalidSetting
from components.network import REFUSED, TIMED_OUT, UNKNOWN_HOST
from pipelines.health.web import ServiceFailed

_DRIVER = "postgresql+psycopg"
_FORM = f"{_DRIVER}://user:password@host:5432/sweeps"
_VARIABLE = "KFP_TABULAR_STUDY_URL"
# Optuna needs its tables, or the right to create them.
_QUERY = """
select current_setting('server_version'), to_regclass('studies') is not null,
       coalesce(has_schema_privilege(current_schema(), 'create'), false)
"""


def sign_in(text: str, seconds: float) -> str:
    """Sign in to the database like a worker, and return a description of it.

    Parameters
    ----------
    text : str
        The database's URL, with user and password.
    seconds : float
        How long to wait for a connection.

    Raises
    ------
    InvalidSetting
        The URL is invalid.
    ServiceFailed
        The database cannot be reached, refuses the user, or the user cannot create the tables.
    """
    url = _parse_url(text)
    name = f"{url.database} at {url.host or 'localhost'}:{url.port or 5432}"
    arguments = url.translate_connect_args(username="user", database="dbname")
    # libpq counts whole seconds, and waits at least two.
    options = {"connect_timeout": int(seconds), **url.query, **arguments}
    try:
        with psycopg.connect(**options) as connection:
            row = connection.execute(_QUERY).fetchone()
    except psycopg.Error as error:
        reason, remedy = _explain_failure(str(error), url)
        raise ServiceFailed(f"The database {name}: {reason}.", remedy) from None
    version, has_tables, may_create = row or ("", False, False)
    if not has_tables and not may_create:
        raise ServiceFailed(
            f"The user {url.username} may not create tables in the database {name}.",
            f"Make the user its owner: ALTER DATABASE {url.database} OWNER TO {url.username}.",
        )
    tables = "with its tables" if has_tables else "without tables yet"
    return f"PostgreSQL {version.split()[0]}, {name}, {tables}"


def _parse_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidSetting(f"{_VARIABLE} is not the URL of a database.", f"Write it as {_FORM}.") from None
    # A part of a password with @ would be read as the host, and shown.
    if text.partition("?")[0].count("@") > 1:
        raise InvalidSetting(
            f"{_VARIABLE} has an @ in its user or password.",
            "Write it as %40, and escape other special characters, too (/ is %2F).",
        )
    if url.drivername != _DRIVER:
        raise InvalidSetting(
            f"{_VARIABLE} begins with {url.drivername}://, but must name the installed driver.",
            f"Begin it with {_DRIVER}://: {_FORM}.",
        )
    if not url.database:
        raise InvalidSetting(f"{_VARIABLE} has no name of a database.", f"Write it as {_FORM}.")
    return url


def _explain_failure(message: str, url: URL) -> tuple[str, str]:
    """Return what is wrong, from the message of the server or the driver, and what to do about it."""
    known = {
        r"password authentication failed|no password supplied": (
            f"the password of {url.username} is wrong or missing",
            f"Correct it in {_VARIABLE}. On a cluster, the variable is in the Secret kfp-tabular.",
        ),
        r'database "[^"]*" does not exist': (
            "there is no database with this name",
            f"Create it: createdb -O {url.username} {url.database}.",
        ),
        r'role "[^"]*" does not exist': (
            f"there is no user {url.username}",
            f"Create it: createuser --pwprompt {url.username}.",
        ),
        r"no pg_hba\.conf entry": (
            f"it does not accept {url.username} from this machine, or not without TLS",
            "Add a line to its pg_hba.conf, or ?sslmode=require to the URL.",
        ),
        r"resolve host|translate host name|Name or service not known": UNKNOWN_HOST[:2],
        r"Connection refused": REFUSED[:2],
        r"timeout expired|timed out": TIMED_OUT[:2],
        r"does not support SSL|certificate|SSL error": (
            "a connection with TLS failed",
            "Check sslmode and sslrootcert in the URL, and the server's certificate.",
        ),
        r"too many (clients|connections)|remaining connection slots": (
            "it has no free connection",
            "Raise max_connections, or use fewer workers.",
        ),
    }
    for pattern, explanation in known.items():
        if re.search(pattern, message):
            return explanation
    line = " ".join(message.split())
    return line.replace(str(url.password), "***") if url.password else line, "Ask who operates the database."
