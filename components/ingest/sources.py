"""Addresses: from a path or a URL to a plain file or folder on this machine."""

import gzip
import http.client
import re
import shutil
import urllib.error
import urllib.request
import zlib
from pathlib import Path

from components.errors import InvalidSource, nearest

# Seconds without an answer, or without the next piece of one.
TIMEOUT = 30.0
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


def local_file(source: str, scratch: Path, timeout: float = TIMEOUT) -> Path:
    """Return a local, uncompressed file (or a folder) with the content of a source.

    Parameters
    ----------
    source : str
        Path, or http(s) URL.
    scratch : Path
        Folder for a download and for what a gzip file holds.
    timeout : float
        Seconds to wait for a server.

    Raises
    ------
    InvalidSource
        Where there is nothing to read at that address, or it breaks off.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise InvalidSource(
            f"The address {source} begins with {scheme[1]!r}, which is not supported.",
            "Give a path, an http:// or https:// address, or sample:NAME.",
        )
    try:
        file = _downloaded(source, scratch, timeout) if scheme else _existing(source)
        return _decompressed(file, source, scratch) if file.is_file() else file
    except OSError as error:
        raise InvalidSource(
            f"{source} cannot be read: {error.strerror}.", "Check the path and its permissions."
        ) from error


def _existing(source: str) -> Path:
    if not source.strip():
        raise InvalidSource("No source is given.", "Give a path, an http(s) address, or sample:NAME.")
    path = Path(source).expanduser()
    if path.exists():
        return path
    folder = path.parent
    if not folder.is_dir():
        raise InvalidSource(
            f"There is no file {source}: the folder {folder} does not exist.",
            "Check the path; a relative one starts at the folder of the command.",
        )
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = nearest(path.name, names)
    remedy = f"Did you mean {near!r}?" if near else f"Nothing in {folder} has a similar name; check the path."
    raise InvalidSource(f"There is no file {source}.", remedy)


def _downloaded(url: str, scratch: Path, timeout: float) -> Path:
    file = scratch / "download"
    try:
        # The scheme is known to be http or https here.
        request = urllib.request.Request(url, headers={"User-Agent": "kfp-tabular"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=timeout) as answer, file.open("wb") as copy:  # noqa: S310
            shutil.copyfileobj(answer, copy, _CHUNK)
            promised = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        raise InvalidSource(
            f"{url} answered with status {error.code} ({error.reason}).",
            "Open the address in a browser; it must lead to the file itself, without a login.",
        ) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise InvalidSource(
            f"{url} cannot be reached: {reason}.", "Check the address and the network, then try again."
        ) from error
    # http.client takes a connection that closes early for the end of the file when it is read in pieces.
    if promised is not None and file.stat().st_size != int(promised):
        raise InvalidSource(
            f"{url} broke off after {file.stat().st_size} of {promised} bytes.",
            "Try again, or download it first.",
        )
    return file


def _decompressed(file: Path, source: str, scratch: Path) -> Path:
    with file.open("rb") as start:
        if start.read(len(_GZIP)) != _GZIP:
            return file
    plain = scratch / "decompressed"
    try:
        with gzip.open(file) as compressed, plain.open("wb") as copy:
            shutil.copyfileobj(compressed, copy, _CHUNK)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidSource(
            f"{source} is a damaged gzip file, whole for its first {plain.stat().st_size} bytes: {error}.",
            "Copy or download it again.",
        ) from error
    return plain
