"""Where the trials of a sweep are kept: a file, a database, or a proxy before one, that workers share."""

import fcntl
import os
import random
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlparse

import optuna
from alembic.migration import MigrationContext
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from components.errors import InvalidSetting

# Any number, the same in every worker: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
_LOCK = 7_461_626_172
_PROXY = "grpc"
# How long a proxy may take to answer at first, in seconds.
_PROXY_PATIENCE = 10.0
# What a proxy answers when it is well, and the database says no.
_ANSWERS = ("ALREADY_EXISTS", "FAILED_PRECONDITION", "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
# What no waiting mends. All else that breaks a connection may be a server that starts, stops or is full.
_LASTING = (
    "authentication failed",
    "no password",
    "does not exist",
    "permission denied",
    "no pg_hba.conf",
    "translate host name",
    "not known",
    "resolve host",
)

Result = TypeVar("Result")


class StorageLost(Exception):
    """The storage did not answer for longer than a worker waits."""


def is_address(location: str) -> bool:
    """Return whether trials are kept at an address, not in a file."""
    return "://" in location


def open_storage(location: str, *, is_known: bool = False) -> BaseStorage:
    """Open a storage.

    Parameters
    ----------
    location : str
        Path of a file, address of a database, or ``grpc://host:port`` of Optuna's storage proxy.
    is_known : bool
        Whether it is known to be fit for use, as this worker has opened it before.

    Raises
    ------
    InvalidSetting
        It cannot be used. Its address is not shown: it holds a password.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if not is_address(location):
            return JournalStorage(JournalFileBackend(location, lock_obj=_FileLock(location)))
        if urlparse(location).scheme == _PROXY:
            return _open_proxy(location)
        if not is_known and not _has_tables(location):
            with lock_storage(location):
                RDBStorage(location)
        return RDBStorage(
            location,
            # A connection may have been closed by the database, or by what is between, while a trial ran.
            engine_kwargs={"pool_pre_ping": True},
            skip_compatibility_check=is_known,
            skip_table_creation=True,
        )
    except (SQLAlchemyError, StorageInternalError, ConnectionError, ImportError, ValueError) as error:
        raise InvalidSetting(
            f"The sweep's database cannot be used: "
            f"{error if isinstance(error, ConnectionError) else explain_error(error)}",
            "See KFP_TABULAR_STUDY_URL; make doctor says more. Without it each worker searches alone.",
        ) from (error if is_transient(error) else None)


def check_storage(address: str | None) -> None:
    """See that a database answers, if there is one.

    Raises
    ------
    InvalidSetting
        It cannot be used.
    """
    if address is not None:
        open_storage(address)


@contextmanager
def lock_storage(location: str) -> Iterator[None]:
    """Let one worker after another through: all would make tables, or a study, at once."""
    if not is_address(location) or urlparse(location).scheme == _PROXY:
        yield
        return
    engine = create_engine(location, poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Held until the connection is closed, whatever becomes of this process.
            connection.execute(select(func.pg_advisory_lock(_LOCK)))
        yield


def _has_tables(location: str) -> bool:
    """Return whether a database has all of Optuna's tables: what it writes last is their version."""
    with create_engine(location, poolclass=NullPool).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() is not None


def retry(call: Callable[[], Result], seconds: float) -> Result:
    """Call a storage, and again while it does not answer, with growing pauses.

    Parameters
    ----------
    call : callable
        What to do. It may have been done although no answer came, so doing it twice must be like once.
    seconds : float
        How long to try.

    Raises
    ------
    StorageLost
        It did not answer in that time.
    """
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return call()
        except Exception as error:
            if not is_transient(error):
                raise
            if time.monotonic() >= end:
                raise StorageLost(explain_error(error)) from None
        # Workers that were cut off together must not come back together.
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
        pause = min(2 * pause, _LONGEST_PAUSE)


def is_transient(error: BaseException) -> bool:
    """Return whether an error is of a storage that may soon answer again."""
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
    return is_broken and not any(word in text for word in _LASTING)


def explain_error(error: BaseException) -> str:
    """Return why a storage failed, in a line without its address."""
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
    """A lock that the kernel gives back when its holder dies; Optuna's own would make all others wait."""

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
