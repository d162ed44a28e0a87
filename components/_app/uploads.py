"""Uploaded files: received into a file without a name, and opened as a table."""

import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from starlette.requests import Request

from components._app.batch_model import BatchModel
from components._files.formats import open_rows
from components._files.row_stream import RowStream
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource, SuiteError, shorten_text

# Bytes of a workbook's sheets. A workbook is in memory as a whole, in eight times as many bytes; these are
# 200,000 rows of 20 columns.
_MOST_UNPACKED = 130_000_000
_LONGEST_NAME = 100
_GZIP = b"\x1f\x8b"


class TooLargeUpload(SuiteError):
    """A file has more bytes than the app takes."""

    @classmethod
    def from_limit(cls, most_bytes: int) -> "TooLargeUpload":
        """Return the error for a limit."""
        return cls(
            f"The file is larger than {most_bytes / 1e6:,.0f} MB, the most that the app takes.",
            "Split it into several files.",
        )


def shorten_name(name: str) -> str:
    """Return the last part of a file's path, not too long."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    return shorten_text("".join(filter(str.isprintable, last)), _LONGEST_NAME) or "table"


@asynccontextmanager
async def receive_upload(request: Request, most_bytes: int) -> AsyncIterator[Path]:
    """Yield the body of a request as a file, which is gone afterwards.

    Raises
    ------
    TooLargeUpload
        It has more bytes than allowed.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise TooLargeUpload.from_limit(most_bytes)
    with _open_nameless_file() as (content, path):
        n_bytes = 0
        async for piece in request.stream():
            n_bytes += len(piece)
            if n_bytes > most_bytes:
                raise TooLargeUpload.from_limit(most_bytes)
            content.write(piece)
        content.flush()
        yield path


def open_upload(path: Path, name: str, model: BatchModel) -> RowStream:
    """Open an uploaded file as score opens a table for a model.

    Raises
    ------
    InvalidSource
        It is not a table, or a workbook that would take too much memory.
    """
    with path.open("rb") as start:
        if start.read(len(_GZIP)) == _GZIP:
            raise InvalidSource(f"{name} is a gzip file.", "Unpack it, and choose the file that is in it.")
    _check_unpacked(path, name)
    columns = model.columns
    return open_rows(path, name, FileOptions(**columns.schema.file), columns.used)


def _check_unpacked(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            n_bytes = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        return
    if n_bytes > _MOST_UNPACKED:
        raise InvalidSource(
            f"The workbook {name} has {n_bytes / 1e6:,.0f} MB once it is unpacked; the app takes "
            f"{_MOST_UNPACKED / 1e6:,.0f} MB.",
            "Save its sheet as CSV, which needs less memory, or split it into several files.",
        )


@contextmanager
def _open_nameless_file() -> Iterator[tuple[IO[bytes], Path]]:
    """Yield a temporary file and its path; what a killed process leaves has no name, so it is gone, too."""
    descriptors = Path("/proc/self/fd")
    if descriptors.is_dir():
        with tempfile.TemporaryFile() as nameless:
            yield nameless, descriptors / str(nameless.fileno())
    else:
        # Here a file can only be opened again by its name.
        with tempfile.NamedTemporaryFile() as named:
            yield named, Path(named.name)
