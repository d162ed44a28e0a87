"""Sources: fetch a path, a URL or an object to an uncompressed file or a folder on this machine."""

import errno
import gzip
import http.client
import re
import shutil
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSource, find_nearest
from components.network import UNKNOWN_HOST, WAITS, explain_connection_error, retry

# Seconds to wait for a response, or for its next part.
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
        Which version of the source it is, if known.
    """

    path: Path
    facts: dict[str, str] = field(default_factory=dict)


def fetch_source(
    source: str, scratch: Path, timeout: float = TIMEOUT, waits: Sequence[float] = WAITS
) -> LocalSource:
    """Return the content of a source as a local, uncompressed file or as a folder.

    Parameters
    ----------
    source : str
        Path, http(s) URL, or ``s3://bucket/key``.
    scratch : Path
        Folder for a download and for the content of a gzip file.
    timeout : float
        Seconds to wait for a server.
    waits : sequence of float
        Seconds before each further attempt, if a server does not answer.

    Raises
    ------
    InvalidSource
        There is nothing to read at that address, or the download is incomplete.
    StorageError
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The settings of object storage are missing.
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
            content = _fetch_object(source, scratch, timeout, waits)
        elif kind:
            content = LocalSource(_download_file(source, scratch, timeout, waits))
        else:
            content = LocalSource(find_path(source))
        path = _decompress_file(content.path, source, scratch) if content.path.is_file() else content.path
    except OSError as error:
        remedy = "Check the path and its permissions."
        if _is_full(error):
            remedy = "Free disk space, or give the task more ephemeral storage: ingest copies the file first."
        raise InvalidSource(f"{source} cannot be read: {error.strerror}.", remedy) from error
    return LocalSource(path, content.facts)


def _fetch_object(source: str, scratch: Path, timeout: float, waits: Sequence[float]) -> LocalSource:
    # The import takes a tenth of a second, and most sources do not need it.
    from components._store.store import Store

    file = scratch / "object"
    store = Store(Environment.read(), timeout=timeout, waits=waits)
    version = store.fetch(Address.parse(source), file)
    facts = {"etag": version.etag}
    if version.version_id:
        facts["version"] = version.version_id
    return LocalSource(file, facts)


def find_path(source: str) -> Path:
    """Return the path of a source that is not an address.

    Raises
    ------
    InvalidSource
        There is nothing at that path; the message offers the nearest name.
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
            "Check the path. A relative path starts at the folder where the command runs.",
        )
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = find_nearest(path.name, names)
    remedy = f"Did you mean {near!r}?" if near else f"Nothing in {folder} has a similar name. Check the path."
    raise InvalidSource(f"There is no file {source}.", remedy)


def _is_transient(error: Exception) -> bool:
    """Return whether a later attempt at a download may succeed."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.client.INTERNAL_SERVER_ERROR or error.code == http.client.TOO_MANY_REQUESTS
    if isinstance(error, InvalidSource):
        # The download was incomplete.
        return True
    if not isinstance(error, OSError | http.client.HTTPException) or isinstance(
        error, http.client.InvalidURL
    ):
        return False
    failure = explain_connection_error(error)
    return failure.is_transient and failure is not UNKNOWN_HOST and not _is_full(error)


def _download_file(url: str, scratch: Path, timeout: float, waits: Sequence[float]) -> Path:
    file = scratch / "download"

    def download() -> None:
        # The scheme is known to be http or https here.
        request = urllib.request.Request(url, headers={"User-Agent": "kfp-tabular"})  # noqa: S310
        if not request.host:
            raise ValueError("it has no host")
        with urllib.request.urlopen(request, timeout=timeout) as response, file.open("wb") as copy:  # noqa: S310
            shutil.copyfileobj(response, copy)
            n_expected = response.headers.get("Content-Length")
        # http.client does not report a connection that closes early if the response is read in parts.
        if n_expected is not None and file.stat().st_size != int(n_expected):
            raise InvalidSource(
                f"The download of {url} ended after {file.stat().st_size} of {n_expected} bytes.",
                "Try again, or download the file yourself and give its path.",
            )

    try:
        retry(download, waits, _is_transient)
    except urllib.error.HTTPError as error:
        raise InvalidSource(
            f"{url} answered with status {error.code} ({error.reason}).",
            "Open the address in a browser. It must return the file itself, without a login.",
        ) from error
    except (ValueError, http.client.InvalidURL) as error:
        raise InvalidSource(
            f"{url} is not an address: {error}.", "Write it as http://host/file.csv."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        if _is_full(error):
            raise
        reason, remedy, _ = explain_connection_error(error)
        raise InvalidSource(f"{url} cannot be reached: {reason}.", remedy) from error
    return file


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
            f"{source} is a damaged gzip file: {error} after its first {plain.stat().st_size} bytes.",
            "Copy or download it again.",
        ) from error
    return plain
