"""Reads the models of an MLflow database in a file, without MLflow's library.

The library takes seconds to import, which a list of models need not wait for. The tables are MLflow's own; a
test compares what is read here with what the library answers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from components._tracking.registry_version import RegistryVersion
from components._tracking.tracking_server import TrackingError

_MODELS = "SELECT name FROM registered_models ORDER BY name"
# Of a deleted version MLflow keeps the row.
_VERSIONS = """
    SELECT version, run_id, source, creation_time FROM model_versions
    WHERE name = ? AND current_stage != 'Deleted_Internal' ORDER BY version DESC
"""
_TAGS = "SELECT version, key, value FROM model_version_tags WHERE name = ? ORDER BY key"
_ALIASES = "SELECT version, alias FROM registered_model_aliases WHERE name = ? ORDER BY alias"


def read_registry(database: Path) -> dict[str, list[RegistryVersion]]:
    """Return the versions of each registered model, by its name; the newest first.

    Parameters
    ----------
    database : Path
        A SQLite database of MLflow.

    Raises
    ------
    TrackingError
        It cannot be read, or another version of MLflow wrote it.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as connection:
            names = [name for (name,) in connection.execute(_MODELS)]
            return {name: list(_iterate_versions(connection, name)) for name in names}
    except sqlite3.Error as error:
        raise TrackingError(
            f"The registry {database} cannot be read: {error}.",
            "Set MLFLOW_TRACKING_URI if the registry is elsewhere. If another version of MLflow wrote it: "
            f"mlflow db upgrade sqlite:///{database}.",
        ) from error


def _iterate_versions(connection: sqlite3.Connection, model: str) -> Iterator[RegistryVersion]:
    tags: dict[int, dict[str, str]] = {}
    for version, name, value in connection.execute(_TAGS, (model,)):
        tags.setdefault(version, {})[name] = value
    aliases: dict[int, list[str]] = {}
    for version, alias in connection.execute(_ALIASES, (model,)):
        aliases.setdefault(version, []).append(alias)
    for version, run, source, created in connection.execute(_VERSIONS, (model,)):
        yield RegistryVersion(
            model,
            str(version),
            tuple(aliases.get(version, ())),
            tags.get(version, {}),
            run or None,
            source,
            datetime.fromtimestamp(created / 1000, UTC),
        )
