"""The log of a model: a folder for each version in ``<folder>/<model>/logs``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from components._inference_log.segments import LONGEST_SECONDS, START_FORMAT, SUFFIX
from components._store.folder import Folder

_LOGS = "logs"
_LONGEST = timedelta(seconds=LONGEST_SECONDS)


class VersionLog(NamedTuple):
    """The log of one version.

    Attributes
    ----------
    files : list of Path
        Its files, the oldest first; empty if there is no log.
    other_versions : dict of str to int
        Number of files of the model's other versions.
    """

    files: list[Path]
    other_versions: dict[str, int]


@contextmanager
def open_log(folder: Folder, model: str, version: tuple[str, str], days: float) -> Iterator[VersionLog]:
    """Yield the log of a model's version; files in object storage are downloaded for as long.

    Parameters
    ----------
    folder : Folder
        The folder of all models.
    model : str
        The model.
    version : tuple of (str, str)
        Its number, and the start of its file's SHA-256. A server names the folder of its log by both, as
        ``number-hash``; logs of KServe itself have the number alone.
    days : float
        Files that end this long before the newest begins are left out.

    Raises
    ------
    StorageError
        Object storage cannot be reached, or refuses.
    """
    with TemporaryDirectory() as scratch:
        versions = [name.rstrip("/") for name in folder.list_names(model, _LOGS) if name.endswith("/")]
        names = {found: _list_files(folder, model, found) for found in versions}
        number, digest = version
        own = [name for name in names if name == number or name.endswith(digest)]
        files = [
            folder.fetch(Path(scratch), model, _LOGS, found, name)
            for found in own
            for name in _choose_recent(names.pop(found), days)
        ]
        yield VersionLog(files, {other: len(found) for other, found in names.items() if found})


def _list_files(folder: Folder, model: str, version: str) -> list[str]:
    return [name for name in folder.list_names(model, _LOGS, version) if name.endswith(SUFFIX)]


def _choose_recent(names: list[str], days: float) -> list[str]:
    """Return the files with rows of the last days; a file with another name may have any."""
    starts = {name: _read_start(name) for name in names}
    known = [start for start in starts.values() if start is not None]
    if not known:
        return names
    earliest = max(known) - timedelta(days=days) - _LONGEST
    return [name for name in names if (start := starts[name]) is None or start >= earliest]


def _read_start(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], START_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
