"""The database that the workers of a sweep share."""

import re

import psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from components.errors import InvalidSetting
from pipelines.health.web import ServiceFailed

_DRIVER = "postgresql+psycopg"
_FORM = f"{_DRIVER}://user:password@host:5432/sweeps"
_NAME = "KFP_TABULAR_STUDY_URL"
# What Optuna needs: its tables, or the right to make them.
_QUESTION = """
select current_setting('server_version'), to_regclass('studies') is not null,
       coalesce(has_schema_privilege(current_schema(), 'create'), false)
"""


def sign_in(text: str, seconds: float) -> str:
    """Sign in as a worker would, and return what is there.

    Parameters
    ----------
    text : str
        The database's URL, with user and password.
    seconds : float
        How long to wait for a connection.

    Raises
    ------
    InvalidSetting
        The URL is not as it must be.
    ServiceFailed
        The database cannot be reached, does not let the user in, or no tables can be made in it.
    """
    url = _parse_url(text)
    place = f"{url.database} at {url.host or 'localhost'}:{url.port or 5432}"
    given = url.translate_connect_args(username="user", database="dbname")
    # libpq counts whole seconds, and waits two at the least.
    options = {"connect_timeout": int(seconds), **url.query, **given}
    try:
        with psycopg.connect(**options) as connection:
            row = connection.execute(_QUESTION).fetchone()
    except psycopg.Error as error:
        reason, remedy = _explain_failure(str(error), url)
        raise ServiceFailed(f"The database {place}: {reason}.", remedy) from None
    version, has_tables, may_create = row or ("", False, False)
    if not has_tables and not may_create:
        raise ServiceFailed(
            f"The database {place} lets {url.username} in, and does not let it make tables.",
            f"Let it own the database: ALTER DATABASE {url.database} OWNER TO {url.username}.",
        )
    tables = "with its tables" if has_tables else "without tables yet"
    return f"PostgreSQL {version.split()[0]}, {place}, {tables}"


def _parse_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidSetting(f"{_NAME} is no URL of a database.", f"Write it as {_FORM}.") from None
    # What is not escaped would be taken for a host, and shown.
    if text.partition("?")[0].count("@") > 1:
        raise InvalidSetting(
            f"{_NAME} has an @ in its user or password.",
            "Write it as %40, and other signs likewise (/ is %2F).",
        )
    if url.drivername != _DRIVER:
        raise InvalidSetting(
            f"{_NAME} begins with {url.drivername}://, which does not say which driver to use.",
            f"Begin it with {_DRIVER}://, the driver that is installed: {_FORM}.",
        )
    if not url.database:
        raise InvalidSetting(f"{_NAME} names no database.", f"Write it as {_FORM}.")
    return url


def _explain_failure(said: str, url: URL) -> tuple[str, str]:
    """Return what the server or the driver says is wrong, and what to do about it."""
    known = {
        r"password authentication failed|no password supplied": (
            f"the password of {url.username} is wrong or missing",
            f"Correct it in {_NAME}; on a cluster that is in the Secret kfp-tabular.",
        ),
        r'database "[^"]*" does not exist': (
            "there is no database of that name",
            f"Create it: createdb -O {url.username} {url.database}.",
        ),
        r'role "[^"]*" does not exist': (
            f"there is no user {url.username}",
            f"Create it: createuser --pwprompt {url.username}.",
        ),
        r"no pg_hba\.conf entry": (
            f"it admits {url.username} not from here, or not without TLS",
            "Add a line to its pg_hba.conf, or ?sslmode=require to the URL.",
        ),
        r"resolve host|translate host name|Name or service not known": (
            "its host name is not known here",
            "Check the name. That of a Kubernetes Service, service.namespace, is known in its cluster only.",
        ),
        r"Connection refused": (
            "connection refused",
            "Check host and port, that the service runs, and the network policies between.",
        ),
        r"timeout expired|timed out": (
            "it does not answer in time",
            "Check that the service runs, and the firewalls and network policies between.",
        ),
        r"does not support SSL|certificate|SSL error": (
            "TLS does not come about",
            "Check sslmode and sslrootcert in the URL, and the server's certificate.",
        ),
        r"too many (clients|connections)|remaining connection slots": (
            "it has no connection left",
            "Raise max_connections, or let fewer workers search at once.",
        ),
    }
    for pattern, trouble in known.items():
        if re.search(pattern, said):
            return trouble
    shown = " ".join(said.split())
    return shown.replace(str(url.password), "***") if url.password else shown, "Ask who runs the database."
