"""An object as a file of which only the parts that are wanted are read."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from components._store.address import Address
from components._store.store import Store
from components.environment import Environment

# Bytes that are requested at a time where a reader wants less, such as the footer of a Parquet file.
_BUFFER = 1 << 18


class ObjectFile(io.RawIOBase):
    """The content of an object in the version that it had when it was opened.

    Parameters
    ----------
    size : int
        Its bytes.
    fetch : callable
        ``(offset, length)`` to these bytes of it.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._position = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read from any place."""
        return True

    def tell(self) -> int:
        """Return the place at which it is read next."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the place at which it is read next, and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes, and return how many there are.

        Raises
        ------
        StorageError
            The storage cannot be reached, or the object was replaced.
        """
        view = memoryview(buffer).cast("B")
        length = min(len(view), self._size - self._position)
        if length <= 0:
            return 0
        view[:length] = self._fetch(self._position, length)
        self._position += length
        return length


def open_object(address: str) -> AbstractContextManager[io.BufferedReader]:
    """Open an object of the storage that the environment names, in its newest version.

    Raises
    ------
    InvalidSource
        The address is not one of an object.
    StorageError
        The storage cannot be reached, or does not have the object.
    """
    store, place = Store(Environment.read()), Address.parse(address)
    version = store.find_version(place)
    file = ObjectFile(version.size, lambda offset, length: store.fetch_part(place, version, offset, length))
    return io.BufferedReader(file, _BUFFER)
