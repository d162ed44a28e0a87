"""The files of the log: appended to, closed when they are large or old, and the oldest deleted."""

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

SUFFIX = ".jsonl"
_LARGEST = 16_000_000
LONGEST_SECONDS = 3_600
# A file's name begins with its start, in UTC.
START_FORMAT = "%Y%m%dT%H%M%S"
# Files of each worker that fit below the limit at least, so that deleting one leaves others.
_LEAST_FILES = 4


class SegmentWriter:
    """Appends lines to files of one worker, in the folder of the model's version.

    The files of all versions together never exceed the limit: before a file is opened, the oldest ones are
    deleted until every worker's file can grow to its full size.

    Parameters
    ----------
    folder : Path
        The model's folder.
    version : str
        The name of the version's folder in it.
    worker : int
        Number of the worker.
    n_workers : int
        Workers that write beside each other.
    most_bytes : int
        Most bytes of all files in the model's folder.
    longest_seconds : float
        Age at which a file is closed.
    clock : callable
        Returns the seconds since 1970.

    Attributes
    ----------
    path : Path or None
        The open file, which may grow; None if none is open. Any other file of this writer is complete.
    error : OSError or None
        Why the last lines could not be written.
    deleted_bytes : int
        Bytes of files that were deleted.
    """

    def __init__(
        self,
        folder: Path,
        version: str,
        worker: int = 0,
        n_workers: int = 1,
        *,
        most_bytes: int,
        longest_seconds: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path: Path | None = None
        self.error: OSError | None = None
        self.deleted_bytes = 0
        self._folder = folder
        self._version = version
        self._worker = worker
        self._clock = clock
        self._longest_seconds = longest_seconds
        self._largest = min(_LARGEST, most_bytes // (_LEAST_FILES * n_workers))
        self._most_kept = most_bytes - n_workers * self._largest
        self._file: int | None = None
        self._size = 0
        self._started = 0.0

    def append(self, lines: Sequence[bytes]) -> int:
        """Write lines, and return how many were written.

        If fewer, ``error`` says why. A line that is longer than a file may be is left out, too.
        """
        self.error = None
        self._leave_old_file()
        n_written = 0
        try:
            for chunk in self._split(lines):
                if self._size + sum(map(len, chunk)) > self._largest:
                    self.close()
                n_written += self._write(chunk)
        except OSError as error:
            self.error = error
            self.close()
        return n_written

    def close(self) -> None:
        """Close the file; the next line goes into a new one."""
        if self._file is not None:
            os.close(self._file)
            self._file = self.path = None
        self._size = 0

    def _leave_old_file(self) -> None:
        """Close the file if it is old, or if somebody deleted it."""
        if self._file is not None and (
            self._clock() - self._started >= self._longest_seconds or os.fstat(self._file).st_nlink == 0
        ):
            self.close()

    def _split(self, lines: Sequence[bytes]) -> Iterator[list[bytes]]:
        """Yield the lines in parts: the first fills the open file, each other one a new file."""
        chunk: list[bytes] = []
        n_bytes = self._size
        for line in lines:
            if len(line) > self._largest:
                continue
            if n_bytes + len(line) > self._largest:
                if chunk:
                    yield chunk
                chunk, n_bytes = [], 0
            chunk.append(line)
            n_bytes += len(line)
        if chunk:
            yield chunk

    def _write(self, chunk: list[bytes]) -> int:
        if self._file is None:
            self._file = self._open()
        content = b"".join(chunk)
        n_bytes = os.write(self._file, content)
        self._size += n_bytes
        if n_bytes < len(content):
            # What follows must not continue the half of a line.
            self.close()
            self.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return content.count(b"\n", 0, n_bytes)

    def _open(self) -> int:
        self._delete_oldest()
        folder = self._folder / self._version
        folder.mkdir(parents=True, exist_ok=True)
        self._started = self._clock()
        start = datetime.fromtimestamp(self._started, UTC)
        name = f"{start:{START_FORMAT}}-{self._worker}-{secrets.token_hex(4)}{SUFFIX}"
        # Known before it exists, so that nobody who finds it takes it for complete.
        self.path = folder / name
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)

    def _delete_oldest(self) -> None:
        sizes = {}
        # Another worker may delete files meanwhile.
        for path in list_segments(self._folder):
            with suppress(FileNotFoundError):
                sizes[path] = path.stat().st_size
        excess = sum(sizes.values()) - self._most_kept
        for path, size in sizes.items():
            if excess <= 0:
                return
            with suppress(FileNotFoundError):
                path.unlink()
                self.deleted_bytes += size
            excess -= size


def list_segments(folder: Path) -> list[Path]:
    """Return the files below a folder, of one version or of all, the oldest first."""
    return sorted(folder.rglob(f"*{SUFFIX}"), key=lambda path: path.name)
