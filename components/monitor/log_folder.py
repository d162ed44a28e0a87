"""The log of a model: a folder for each version, here or in object storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

from components._inference_log.segments import LONGEST_SECONDS, START_FORMAT, SUFFIX
from components._store.address import Address
from components._store.store import Store
from components.environment import Environment

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
def open_log(
    place: str, model: str, version: tuple[str, str], days: float, environment: Environment
) -> Iterator[VersionLog]:
    """Yield the log of a model's version; files in object storage are downloaded for as long.

    Parameters
    ----------
    place : str
        The folder of all models: a path, or ``s3://bucket/folder``.
    model : str
        The model.
    version : tuple of (str, str)
        Its number, and the start of its file's SHA-256. A server names the folder of its log by both, as
        ``number-hash``; logs of KServe itself have the number alone.
    days : float
        Files that end this long before the newest begins are left out.
    environment : Environment
        The object storage and its keys.

    Raises
    ------
    StorageError
        Object storage cannot be reached, or refuses.
    """
    with TemporaryDirectory() as scratch:
        storage = _choose_storage(place, model, environment)
        names = {found: storage.list_files(found) for found in storage.list_versions()}
        number, digest = version
        own = [name for name in names if name == number or name.endswith(digest)]
        files = [
            storage.fetch(folder, name, Path(scratch))
            for folder in own
            for name in _choose_recent(names.pop(folder), days)
        ]
        yield VersionLog(files, {other: len(found) for other, found in names.items() if found})


class _Storage(Protocol):
    def list_versions(self) -> list[str]: ...

    def list_files(self, version: str) -> list[str]: ...

    def fetch(self, version: str, name: str, scratch: Path) -> Path: ...


def _choose_storage(place: str, model: str, environment: Environment) -> _Storage:
    if place.startswith(f"{Address.SCHEME}://"):
        address = Address.parse(place.rstrip("/"))
        folder = Address(address.bucket, f"{address.key}/{model}/{_LOGS}")
        return _Bucket(Store(environment), folder)
    return _Folder(Path(place) / model / _LOGS)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def list_versions(self) -> list[str]:
        if not self._path.is_dir():
            return []
        return sorted(entry.name for entry in self._path.iterdir() if entry.is_dir())

    def list_files(self, version: str) -> list[str]:
        return sorted(entry.name for entry in (self._path / version).iterdir() if entry.suffix == SUFFIX)

    def fetch(self, version: str, name: str, scratch: Path) -> Path:
        return self._path / version / name


class _Bucket:
    def __init__(self, store: Store, folder: Address) -> None:
        self._store, self._folder = store, folder

    def list_versions(self) -> list[str]:
        names = self._store.list_folder(self._folder)
        return [name.removesuffix("/") for name in names if name.endswith("/")]

    def list_files(self, version: str) -> list[str]:
        names = self._store.list_folder(self._find(version))
        return sorted(name for name in names if name.endswith(SUFFIX))

    def fetch(self, version: str, name: str, scratch: Path) -> Path:
        copy = scratch / name
        self._store.fetch(self._find(version, name), copy)
        return copy

    def _find(self, *names: str) -> Address:
        return Address(self._folder.bucket, "/".join((self._folder.key, *names)))


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
