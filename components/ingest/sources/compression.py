"""Compressed files: their content, unpacked."""

import gzip
import shutil
import zlib
from pathlib import Path

from components._files.table_folder import list_files
from components.errors import InvalidSource

_GZIP = b"\x1f\x8b"


def unpack(path: Path, source: str, scratch: Path) -> Path:
    """Return a file without its compression, or a folder in which no file of the table is compressed.

    Parameters
    ----------
    path : Path
        A file or a folder. It is returned itself if nothing in it is compressed.
    source : str
        What to call it in an error.
    scratch : Path
        Folder for unpacked files.

    Raises
    ------
    InvalidSource
        A compressed file is damaged.
    """
    if path.is_file():
        return _unpack_file(path, source, scratch / "decompressed") if _is_compressed(path) else path
    files = list_files(path)
    packed = {file for file in files if _is_compressed(file)}
    if not packed:
        return path
    unpacked = scratch / "decompressed"
    for file in files:
        name = file.relative_to(path)
        place = unpacked / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if file in packed:
            _unpack_file(file, f"{name} of {source}", place)
        else:
            place.symlink_to(file.resolve())
    return unpacked


def _is_compressed(file: Path) -> bool:
    with file.open("rb") as start:
        return start.read(len(_GZIP)) == _GZIP


def _unpack_file(file: Path, source: str, plain: Path) -> Path:
    try:
        with gzip.open(file) as compressed, plain.open("wb") as copy:
            shutil.copyfileobj(compressed, copy)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidSource(
            f"{source} is a damaged gzip file: {error} after its first {plain.stat().st_size} bytes.",
            "Copy or download it again.",
        ) from error
    return plain
