"""The digest of a copy of an object, computed while the copy grows."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, pairwise
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Self

from components._store.digest import choose_sizes, join_parts
from components.machine import count_cpus

# Bytes that fit into a processor's own memory.
_BLOCK = 1 << 18
# An object with fewer bytes is hashed sooner than threads start.
_SMALL = 1 << 22


class CopyDigest:
    """Computes the ETag that a copy of an object must have.

    Threads hash what the copy has so far, because MD5 takes longer than a fast network. Each takes a part
    of the object, so an object that was uploaded in parts uses several processors.

    Parameters
    ----------
    file : Path
        The copy.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = 0
        self._is_ended = False
        self._changed = Condition()
        self._pool: ThreadPoolExecutor | None = None
        self._parts: list[Future[bytes | None]] = []
        self._is_of_parts = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def start(self, etag: str, size: int, part_size: Callable[[int], int | None]) -> None:
        """Begin to hash an object.

        Parameters
        ----------
        etag : str
            Its ETag, without quotation marks.
        size : int
            Its size in bytes.
        part_size : callable
            As for ``matches_etag``.
        """
        sizes = choose_sizes(etag, size, part_size) if size >= _SMALL else []
        if not sizes:
            return
        self._is_of_parts = "-" in etag
        self._pool = ThreadPoolExecutor(min(count_cpus(), len(sizes)))
        bounds = pairwise(accumulate(sizes, initial=0))
        # They begin in this order, so no thread waits for a part that is far away.
        self._parts = [self._pool.submit(self._hash_part, start, end) for start, end in bounds]

    def advance(self, position: int) -> None:
        """Hash on to a position, up to which the file has the copy now."""
        with self._changed:
            # What was hashed is written again.
            self._is_ended |= position < self._position
            self._position = position
            self._changed.notify_all()

    def compute_etag(self) -> str | None:
        """Return the ETag of the whole copy; None if that was not computed."""
        if not self._parts:
            return None
        digests = [part.result() for part in self._parts if not self._is_ended]
        known = [digest for digest in digests if digest is not None]
        if len(known) < len(self._parts):
            return None
        return join_parts(known) if self._is_of_parts else known[0].hex()

    def _end(self) -> None:
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _hash_part(self, start: int, end: int) -> bytes | None:
        """Return the MD5 of a part; None if the copy ends or begins again before the part is complete."""
        digest = hashlib.md5(usedforsecurity=False)
        block = memoryview(bytearray(_BLOCK))
        with self._file.open("rb", buffering=0) as content:
            while start < end:
                known = min(self._wait_for(start), end)
                if known <= start:
                    return None
                while start < known:
                    n_read = os.preadv(content.fileno(), [block[: known - start]], start)
                    if not n_read:
                        return None
                    digest.update(block[:n_read])
                    start += n_read
        return digest.digest()

    def _wait_for(self, position: int) -> int:
        """Return where the copy ends, beyond a position unless the copy ended; 0 if it began again."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or self._position > position)
            return 0 if self._is_ended else self._position
