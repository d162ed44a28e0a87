"""A folder of files, here or in object storage."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

from components._store.address import Address
from components._store.store import Store, StoredFile
from components.environment import Environment
from components.network import WAITS


class Folder(Protocol):
    """A folder; a file in it is named by the names of its subfolders and its own.

    The last name may contain others, as those of ``list_files`` do.
    """

    def list_names(self, *subfolder: str) -> list[str]:
        """Return the names in a subfolder, sorted; those of folders end with a slash.

        A missing subfolder has no names.

        Raises
        ------
        OSError or StorageError
            It cannot be read, or the local folder itself is missing.
        """

    def list_files(self, *subfolder: str, most: int | None = None) -> list[StoredFile]:
        """Return the files in a subfolder and those below it, in any order.

        Parameters
        ----------
        subfolder : str
            Names; a missing subfolder has no files.
        most : int or None
            Most files to return; None for all.

        Raises
        ------
        OSError or StorageError
            It cannot be read.
        """

    def fetch(self, scratch: Path, *names: str) -> Path:
        """Return a file to read: the file itself, or a copy below the scratch folder.

        Raises
        ------
        StorageError
            Object storage cannot be reached, or does not have the file.
        """

    def store(self, file: Path, *names: str) -> None:
        """Store a copy of a file, whole or not at all; an existing file is replaced.

        Raises
        ------
        OSError or StorageError
            It cannot be written.
        """

    def join(self, *names: str) -> str:
        """Return the path of a file, or its address in object storage."""


def open_folder(place: str, environment: Environment, *, waits: Sequence[float] = WAITS) -> Folder:
    """Return the folder at a place. Nothing is read yet.

    Parameters
    ----------
    place : str
        A path, or ``s3://bucket/folder``.
    environment : Environment
        The object storage and its keys.
    waits : sequence of float
        Seconds before each further attempt at a request to the object storage.

    Raises
    ------
    InvalidSource or InvalidSetting
        The address is wrong, or a variable of the environment is.
    """
    if place.startswith(f"{Address.SCHEME}://"):
        return _StoredFolder(Store(environment, waits=waits), Address.parse(place.rstrip("/")))
    return _LocalFolder(Path(place))


class _LocalFolder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def list_names(self, *subfolder: str) -> list[str]:
        place = self._path.joinpath(*subfolder)
        if subfolder and not place.is_dir():
            return []
        return sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in place.iterdir())

    def list_files(self, *subfolder: str, most: int | None = None) -> list[StoredFile]:
        return list(islice(_walk(self._path.joinpath(*subfolder)), most))

    def fetch(self, scratch: Path, *names: str) -> Path:
        return self._path.joinpath(*names)

    def store(self, file: Path, *names: str) -> None:
        place = self._path.joinpath(*names)
        place.parent.mkdir(parents=True, exist_ok=True)
        # A reader must not see a half of it.
        partial = place.with_name(f"{place.name}.partial")
        shutil.copyfile(file, partial)
        partial.replace(place)

    def join(self, *names: str) -> str:
        return str(self._path.joinpath(*names))


class _StoredFolder:
    def __init__(self, store: Store, address: Address) -> None:
        self._store, self._address = store, address

    def list_names(self, *subfolder: str) -> list[str]:
        return self._store.list_folder(self._find(*subfolder))

    def list_files(self, *subfolder: str, most: int | None = None) -> list[StoredFile]:
        return self._store.list_files(self._find(*subfolder), most)

    def fetch(self, scratch: Path, *names: str) -> Path:
        # Files of several subfolders may have one name.
        copy = Path(mkdtemp(dir=scratch), names[-1].rpartition("/")[2])
        self._store.fetch(self._find(*names), copy)
        return copy

    def store(self, file: Path, *names: str) -> None:
        self._store.put(file, self._find(*names))

    def join(self, *names: str) -> str:
        return str(self._find(*names))

    def _find(self, *names: str) -> Address:
        return Address(self._address.bucket, "/".join((self._address.key, *names)))


def _walk(folder: Path) -> Iterator[StoredFile]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            # Its owner may delete it meanwhile.
            with suppress(FileNotFoundError):
                modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield StoredFile(path.relative_to(folder).as_posix(), modified)
