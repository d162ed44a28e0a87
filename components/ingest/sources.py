"""Addresses: from a path, a URL or object storage to a plain file or folder on this machine."""

import errno
import gzip
import http.client
import re
import shutil
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSource, find_nearest

# Seconds without an answer, or without the next piece of one.
TIMEOUT = 30.0
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class LocalSource:
    """A source's content on this machine.

    Attributes
    ----------
    path : Path
        An uncompressed file, or a folder.
    facts : dict of str to str
        Which version of the source it is, where the source tells.
    """

    path: Path
    facts: dict[str, str] = field(default_factory=dict)


def fetch_source(source: str, scratch: Path, timeout: float = TIMEOUT) -> LocalSource:
    """Return the content of a source as a local, uncompressed file, or a folder.

    Parameters
    ----------
    source : str
        Path, http(s) URL, or ``s3://bucket/key``.
    scratch : Path
        Folder for a download and for what a gzip file holds.
    timeout : float
        Seconds to wait for a server.

    Raises
    ------
    InvalidSource
        Where there is nothing to read at that address, or it breaks off.
    StorageFailed
        Where object storage cannot be reached, or does not give the object.
    InvalidSetting
        Where the environment does not say how to reach object storage.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source)
    kind = scheme[1].lower() if scheme else ""
    if kind not in ("", "http", "https", Address.SCHEME):
        raise InvalidSource(
            f"The address {source} begins with {kind!r}, which is not supported.",
            "Give a path, an http://, https:// or s3:// address, or sample:NAME.",
        )
    try:
        if kind == Address.SCHEME:
            found = _fetch_object(source, scratch, timeout)
        else:
            found = LocalSource(_download_file(source, scratch, timeout) if kind else find_path(source))
        plain = _decompress_file(found.path, source, scratch) if found.path.is_file() else found.path
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "Check the path and its permissions."
        if is_full:
            remedy = (
                "Make room, or give the task more ephemeral storage: the file is copied before it is read."
            )
        raise InvalidSource(f"{source} cannot be read: {error.strerror}.", remedy) from error
    return LocalSource(plain, found.facts)


def _fetch_object(source: str, scratch: Path, timeout: float) -> LocalSource:
    # It takes a tenth of a second, and most sources do without it.
    from components._store.store import Store

    file = scratch / "object"
    version = Store(Environment.read(), timeout=timeout).fetch(Address.parse(source), file)
    facts = {"etag": version.etag}
    if version.version_id:
        facts["version"] = version.version_id
    return LocalSource(file, facts)


def find_path(source: str) -> Path:
    """Return the path of a source that is no address.

    Raises
    ------
    InvalidSource
        There is nothing at that path; the message names what is called much like it.
    """
    if not source.strip():
        raise InvalidSource("No source is given.", "Give a path, an http(s) or s3 address, or sample:NAME.")
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
    near = find_nearest(path.name, names)
    remedy = f"Did you mean {near!r}?" if near else f"Nothing in {folder} has a similar name; check the path."
    raise InvalidSource(f"There is no file {source}.", remedy)


def _download_file(url: str, scratch: Path, timeout: float) -> Path:
    file = scratch / "download"
    try:
        # The scheme is known to be http or https here.
        request = urllib.request.Request(url, headers={"User-Agent": "kfp-tabular"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=timeout) as answer, file.open("wb") as copy:  # noqa: S310
            shutil.copyfileobj(answer, copy)
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


def _decompress_file(file: Path, source: str, scratch: Path) -> Path:
    with file.open("rb") as start:
        if start.read(len(_GZIP)) != _GZIP:
            return file
    plain = scratch / "decompressed"
    try:
        with gzip.open(file) as compressed, plain.open("wb") as copy:
            shutil.copyfileobj(compressed, copy)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidSource(
            f"{source} is a damaged gzip file, whole for its first {plain.stat().st_size} bytes: {error}.",
            "Copy or download it again.",
        ) from error
    return plain
