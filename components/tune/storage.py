"""Where the trials of a sweep are kept: a file, or a database that workers on other machines share."""

from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from components.errors import InvalidSetting

# Any number, the same in every worker: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
_LOCK = 7_461_626_172


def open_study(
    place: str, name: str, sampler: optuna.samplers.BaseSampler | None, *, is_forked: bool = False
) -> optuna.Study:
    """Open a study, and make it if it is not there.

    Parameters
    ----------
    place : str
        Path of a file, or address of a database.
    name : str
        What the study is called.
    sampler : BaseSampler or None
        Who proposes trials. None: nobody does, from this study.
    is_forked : bool
        Whether this process forks later on: it then keeps no connection, which its children would share.

    Raises
    ------
    InvalidSetting
        The database does not answer. Its address is not shown: it holds a password.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with _one_at_a_time(place):
            return optuna.create_study(
                study_name=name,
                storage=_storage(place, is_forked=is_forked),
                sampler=sampler,
                direction="maximize",
                load_if_exists=True,
            )
    except (SQLAlchemyError, ImportError, ValueError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise InvalidSetting(
            f"The sweep's database cannot be used: {cause}",
            "See KFP_TABULAR_STUDY_URL; make doctor says more. Without it each worker searches alone.",
        ) from None


@contextmanager
def _one_at_a_time(place: str) -> Iterator[None]:
    # Workers that start together would all make the tables of an empty database, and all but one fail.
    if not _is_database(place):
        yield
        return
    engine = create_engine(place, poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Held until the connection is closed, whatever becomes of this process.
            connection.execute(select(func.pg_advisory_lock(_LOCK)))
        yield


def _is_database(place: str) -> bool:
    return "://" in place


def _storage(place: str, *, is_forked: bool) -> BaseStorage:
    if not _is_database(place):
        return JournalStorage(JournalFileBackend(place))
    # A connection may have been closed by the database, or by what is between, while a trial ran.
    pool = {"poolclass": NullPool} if is_forked else {"pool_pre_ping": True}
    return RDBStorage(place, engine_kwargs=pool)
