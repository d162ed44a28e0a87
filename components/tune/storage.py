"""Where the trials of a sweep are kept: a file, a database or a proxy, which workers can share."""

import fcntl
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

import optuna
from alembic.migration import MigrationContext
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from components import network
from components.errors import InvalidSetting

# Any number, the same in every worker: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
_LOCK = 7_461_626_172
_PROXY = "grpc"
# How long to wait for the first answer of a proxy, in seconds.
_PROXY_PATIENCE = 10.0
# How long to wait for a connection to PostgreSQL, in seconds: a network policy drops what it does not allow.
_CONNECT_TIMEOUT = 10
# How long the check before a sweep waits for a database that does not answer, in seconds.
_CHECK_PATIENCE = 30.0
_REMEDY = "Check KFP_TABULAR_STUDY_URL, or run make doctor. Without it each worker searches alone."
# Status codes of a proxy that works but whose database refuses.
_ANSWERS = ("ALREADY_EXISTS", "FAILED_PRECONDITION", "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED")
# Errors that do not go away by waiting. Any other broken connection may be a server that starts, stops or is
# full, or a name server that does.
_PERMANENT = (
    "authentication failed",
    "no password",
    "does not exist",
    "permission denied",
    "no pg_hba.conf",
    "not known",
)

Result = TypeVar("Result")


class StorageLost(Exception):
    """The storage did not answer for as long as a worker waits."""


def is_address(location: str) -> bool:
    """Return whether a location is an address, not a file."""
    return "://" in location


def open_storage(location: str, *, is_known: bool = False) -> BaseStorage:
    """Open a storage.

    Parameters
    ----------
    location : str
        Path of a file, address of a database, or ``grpc://host:port`` of Optuna's storage proxy.
    is_known : bool
        Whether this worker has opened it before, so that it need not be checked again.

    Raises
    ------
    InvalidSetting
        It cannot be used. The message leaves out its address, which holds a password.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if not is_address(location):
            return JournalStorage(JournalFileBackend(location, lock_obj=_FileLock(location)))
        if urlparse(location).scheme == _PROXY:
            return _open_proxy(location)
        if not is_known and not _has_tables(location):
            with lock_storage(location):
                RDBStorage(location, engine_kwargs=_get_engine_options(location))
        database = RDBStorage(
            location,
            # While a trial ran, the database or the network may have closed the connection.
            engine_kwargs={"pool_pre_ping": True, **_get_engine_options(location)},
            skip_compatibility_check=is_known,
            skip_table_creation=True,
        )
        # Trials that have ended are then read only once.
        return get_storage(database)
    except (SQLAlchemyError, StorageInternalError, ConnectionError, ImportError, ValueError) as error:
        raise InvalidSetting(
            f"The sweep's database cannot be used: "
            f"{error if isinstance(error, ConnectionError) else explain_error(error)}",
            _REMEDY,
        ) from (error if is_transient(error) else None)


def check_storage(address: str | None, patience: float = _CHECK_PATIENCE) -> None:
    """Check that a database can be used, if there is one.

    Parameters
    ----------
    address : str or None
        The database.
    patience : float
        Seconds to wait while it does not answer.

    Raises
    ------
    InvalidSetting
        It cannot be used.
    """
    if address is None:
        return
    try:
        retry(lambda: open_storage(address), patience)
    except StorageLost as error:
        raise InvalidSetting(f"The sweep's database cannot be used: {error}", _REMEDY) from None


@contextmanager
def lock_storage(location: str) -> Iterator[None]:
    """Let one worker at a time create tables or a study."""
    if not is_address(location) or urlparse(location).scheme == _PROXY:
        yield
        return
    engine = create_engine(location, poolclass=NullPool, **_get_engine_options(location))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # The lock ends with the connection, even if this process dies.
            connection.execute(select(func.pg_advisory_lock(_LOCK)))
        yield


def _get_engine_options(location: str) -> dict[str, Any]:
    is_postgres = urlparse(location).scheme.startswith("postgresql")
    return {"connect_args": {"connect_timeout": _CONNECT_TIMEOUT}} if is_postgres else {}


def _has_tables(location: str) -> bool:
    """Return whether a database has all of Optuna's tables, of which their version is written last."""
    engine = create_engine(location, poolclass=NullPool, **_get_engine_options(location))
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() is not None


def retry(call: Callable[[], Result], seconds: float) -> Result:
    """Call a storage, again and again while it does not answer, with growing pauses.

    Parameters
    ----------
    call : callable
        The call. It must be safe to repeat, because it may have succeeded although no answer came.
    seconds : float
        How long to try.

    Raises
    ------
    StorageLost
        It did not answer in that time.
    """
    try:
        return network.retry(call, network.list_waits(time.monotonic() + seconds), is_transient)
    except Exception as error:
        if not is_transient(error):
            raise
        raise StorageLost(explain_error(error)) from None


def is_transient(error: BaseException) -> bool:
    """Return whether a storage may soon answer again after an error."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if any(type(cause).__module__.startswith("grpc") for cause in causes):
        codes = [cause.code().name for cause in causes if hasattr(cause, "code")]
        return not any(code in _ANSWERS for code in codes)
    text = " ".join(str(cause) for cause in causes).casefold()
    is_broken = any(
        isinstance(cause, OperationalError | InterfaceError)
        or getattr(cause, "connection_invalidated", False)
        for cause in causes
    )
    return is_broken and not any(word in text for word in _PERMANENT)


def explain_error(error: BaseException) -> str:
    """Return why a storage failed, in one line without its address."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    details = getattr(cause, "details", None)
    text = str(details() if callable(details) else getattr(cause, "orig", None) or cause) or str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def _open_proxy(location: str) -> BaseStorage:
    from optuna.storages import GrpcStorageProxy

    url = urlparse(location)
    if not url.hostname or not url.port:
        raise ValueError("a proxy's address is grpc://host:port")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        storage = GrpcStorageProxy(host=url.hostname, port=url.port)
    try:
        storage.wait_server_ready(timeout=_PROXY_PATIENCE)
    except ConnectionError as error:
        raise ConnectionError(f"no proxy answers at {url.hostname}:{url.port}") from error
    return storage


class _FileLock(JournalFileOpenLock):
    """A lock that the kernel releases when its holder dies; with Optuna's own lock all others would wait."""

    def __init__(self, journal: str) -> None:
        self._path = Path(f"{journal}.lock")
        self._held: int | None = None

    def acquire(self) -> bool:
        held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(held, fcntl.LOCK_EX)
        self._held = held
        return True

    def release(self) -> None:
        assert self._held is not None
        os.close(self._held)
        self._held = None
