"""A connection to MLflow that fails within seconds, and says why without showing credentials."""

# mypy: allow-untyped-calls
# MLflow's settings have untyped methods.

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import mlflow
import sqlalchemy
from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD,
    MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_TRACKING_URI,
)
from mlflow.exceptions import MlflowException
from mlflow.store.db.db_types import DATABASE_ENGINES

from components._tracking.tracking_server import TrackingError, strip_credentials
from components.network import find_connection_failure

_LONGEST_REASON = 300
# With MLflow's pauses, five attempts in 30 s: enough for a server that restarts. MLflow's own patience is
# four minutes.
_RETRIES = 4
# Seconds to wait for the first response; uploads may take longer.
_FIRST_TIMEOUT = 10
_DEFAULTS = {
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: _RETRIES,
    # Files come through the server. MLflow would ask its storage, which only a cluster's own pods may reach.
    MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD: False,
    MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: False,
}


@contextmanager
def connect_to_mlflow(tracking_uri: str, purpose: str) -> Iterator[MlflowClient]:
    """Connect to MLflow for a block of code.

    Parameters
    ----------
    tracking_uri : str
        Tracking server or database.
    purpose : str
        What MLflow is asked to do, for the error's text: "take the run".

    Raises
    ------
    TrackingError
        MLflow did not answer, or refused, at any time in the block.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("mlflow", "alembic"):
                logging.getLogger(name).setLevel(logging.WARNING)
            if _is_database(tracking_uri):
                _connect_once(tracking_uri)
            with _select_server(tracking_uri), ExitStack() as stack:
                for variable, value in _DEFAULTS.items():
                    stack.enter_context(_set_default(variable, value))
                client = MlflowClient(tracking_uri)
                with _set_default(MLFLOW_HTTP_REQUEST_TIMEOUT, _FIRST_TIMEOUT):
                    client.search_experiments(max_results=1)
                yield client
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError, ImportError) as error:
        # Failed uploads raise OSErrors (of requests); a missing database driver is an ImportError.
        where, why = strip_credentials(tracking_uri), _explain_error(error, tracking_uri)
        raise TrackingError(
            f"MLflow at {where} did not {purpose}: {why}",
            "Check MLFLOW_TRACKING_URI, and that the server answers. Then run this stage again.",
        ) from error


@contextmanager
def _select_server(tracking_uri: str) -> Iterator[None]:
    """Let MLflow's own functions use a server, then what the environment named before."""
    before = os.environ.get(MLFLOW_TRACKING_URI.name)
    mlflow.set_tracking_uri(tracking_uri)
    try:
        yield
    finally:
        # MLflow writes its server into the environment, where the next run of this process would find it.
        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]
        if before is not None:
            os.environ[MLFLOW_TRACKING_URI.name] = before


def get_database_folder(tracking_uri: str) -> Path | None:
    """Return the folder of a SQLite database; None for a server or another database."""
    url = urlparse(tracking_uri)
    return Path(url.path[1:]).resolve().parent if url.scheme == "sqlite" else None


def _is_database(tracking_uri: str) -> bool:
    return urlparse(tracking_uri).scheme.partition("+")[0] in DATABASE_ENGINES


def _connect_once(tracking_uri: str) -> None:
    """Fail at once if the database cannot be reached; MLflow would try ten times, for two minutes."""
    folder = get_database_folder(tracking_uri)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(tracking_uri)
    engine.connect().close()
    engine.dispose()


@contextmanager
def _set_default(variable: Any, value: int) -> Iterator[None]:
    """Give a setting of MLflow a value, unless the environment has one."""
    if variable.is_set():
        yield
        return
    variable.set(value)
    try:
        yield
    finally:
        variable.unset()


def _explain_error(error: Exception, tracking_uri: str) -> str:
    """Return why the connection failed, else MLflow's message in one line."""
    if failure := find_connection_failure(error):
        return failure.reason
    message = str(error).replace(tracking_uri.rstrip("/"), strip_credentials(tracking_uri).rstrip("/"))
    return (message.strip() or type(error).__name__).splitlines()[0][:_LONGEST_REASON]
