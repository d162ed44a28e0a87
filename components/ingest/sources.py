"""Sources: fetch a path, a URL or an object to an uncompressed file or a folder on this machine."""

import errno
import gzip
import http
import http.client
import re
import shutil
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import TypeVar

from components._files.table_folder import list_files
from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSource, find_nearest
from components.ingest.fingerprints import (
    check_download,
    check_fingerprint,
    describe_files,
    describe_object,
)
from components.network import UNKNOWN_HOST, WAITS, explain_connection_error, retry

T = TypeVar("T")

# What the address of a generated sample begins with.
PREFIX = "sample:"
# Seconds to wait for a response, or for its next part.
TIMEOUT = 30.0
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


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
    source: str,
    scratch: Path,
    fingerprint: str = "",
    timeout: float = TIMEOUT,
    waits: Sequence[float] = WAITS,
) -> LocalSource:
    """Return the content of a source as a local, uncompressed file or as a folder.

    Parameters
    ----------
    source : str
        Path, http(s) URL, or ``s3://bucket/key``.
    scratch : Path
        Folder for a download and for the content of a gzip file.
    fingerprint : str
        The content that a download must have, as ``plan`` gave it; empty for any. A path is not copied, so
        it is checked after reading, with ``check_path``.
    timeout : float
        Seconds to wait for a server.
    waits : sequence of float
        Seconds before each further attempt, if a server does not answer.

    Raises
    ------
    InvalidSource
        There is nothing to read at that address, the download is incomplete, or it has another content.
    StorageError
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The settings of object storage are missing.
    """
    scheme = find_scheme(source)
    with explain_file_errors(source):
        if scheme == Address.SCHEME:
            content = _fetch_object(source, scratch, fingerprint, timeout, waits)
        elif scheme:
            file, headers = _download_file(source, scratch, timeout, waits)
            check_download(file, headers, fingerprint, source)
            content = LocalSource(file)
        else:
            content = LocalSource(find_path(source))
        path = _decompress_file(content.path, source, scratch) if content.path.is_file() else content.path
    return LocalSource(path, content.facts)


def find_scheme(source: str) -> str:
    """Return the scheme of a source: http, https or s3; empty for a path.

    Raises
    ------
    InvalidSource
        The source has another scheme.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source)
    kind = scheme[1].lower() if scheme else ""
    if kind not in ("", "http", "https", Address.SCHEME):
        raise InvalidSource(
            f"The address {source} begins with {kind!r}, which is not supported.",
            "Give a path, an http://, https:// or s3:// address, or sample:NAME.",
        )
    return kind


@contextmanager
def explain_file_errors(source: str) -> Iterator[None]:
    """Turn errors of this machine's files into errors about a source."""
    try:
        yield
    except OSError as error:
        remedy = "Check the path and its permissions."
        if _is_full(error):
            remedy = "Free disk space, or give the task more ephemeral storage: ingest copies the file first."
        raise InvalidSource(f"{source} cannot be read: {error.strerror}.", remedy) from error


def check_path(source: str, fingerprint: str) -> None:
    """Check that a path still has the content with a fingerprint; an address is not looked at again.

    Parameters
    ----------
    source : str
        Path or address.
    fingerprint : str
        The fingerprint; empty for any content.

    Raises
    ------
    InvalidSource
        It has another content.
    """
    if not fingerprint or source.startswith(PREFIX) or find_scheme(source):
        return
    with explain_file_errors(source):
        check_fingerprint(describe_path(source), fingerprint, source)


def describe_path(source: str) -> str:
    """Return the fingerprint of a file or a folder.

    Raises
    ------
    InvalidSource
        There is nothing at that path.
    OSError
        A file cannot be read.
    """
    path = find_path(source)
    return describe_files(path, [path] if path.is_file() else list_files(path))


def _fetch_object(
    source: str, scratch: Path, fingerprint: str, timeout: float, waits: Sequence[float]
) -> LocalSource:
    # The import takes a tenth of a second, and most sources do not need it.
    from components._store.store import Store

    file = scratch / "object"
    store = Store(Environment.read(), timeout=timeout, waits=waits)
    version = store.fetch(Address.parse(source), file)
    check_fingerprint(describe_object(version), fingerprint, source)
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


@contextmanager
def open_url(url: str, timeout: float) -> Iterator[http.client.HTTPResponse]:
    """Request an http(s) address, and yield the response.

    Raises
    ------
    InvalidSource
        It is not an address, it cannot be reached, or it refuses; also while the response is read.
    """
    try:
        # The scheme is known to be http or https here.
        request = urllib.request.Request(url, headers={"User-Agent": "kfp-tabular"})  # noqa: S310
        if not request.host:
            raise ValueError("it has no host")
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
            yield response
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


def read_response(response: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    """Yield the content of a response in parts.

    Raises
    ------
    InvalidSource
        The response ends too early.
    """
    n_bytes = 0
    while chunk := response.read(_CHUNK):
        n_bytes += len(chunk)
        yield chunk
    n_expected = response.headers.get("Content-Length")
    # http.client does not report a connection that closes early if the response is read in parts.
    if n_expected is not None and n_bytes != int(n_expected):
        raise InvalidSource(
            f"The download of {url} ended after {n_bytes} of {n_expected} bytes.",
            "Try again, or download the file yourself and give its path.",
        )


def repeat_request(request: Callable[[], T], waits: Sequence[float]) -> T:
    """Return the result of a request that uses `open_url`, repeated while the server does not answer.

    Raises
    ------
    InvalidSource
        That of the last attempt.
    """
    return retry(request, waits, _is_transient)


def _is_transient(error: Exception) -> bool:
    cause = error.__cause__
    if not isinstance(error, InvalidSource) or isinstance(cause, ValueError | http.client.InvalidURL):
        return False
    if isinstance(cause, urllib.error.HTTPError):
        return cause.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR or (
            cause.code == http.HTTPStatus.TOO_MANY_REQUESTS
        )
    # Without a cause, the response was incomplete.
    failure = explain_connection_error(cause) if cause else None
    return failure is None or (failure.is_transient and failure is not UNKNOWN_HOST)


def _download_file(url: str, scratch: Path, timeout: float, waits: Sequence[float]) -> tuple[Path, Message]:
    """Return a copy of the content of an address, and the headers of its response."""
    file = scratch / "download"

    def download() -> Message:
        with open_url(url, timeout) as response, file.open("wb") as copy:
            copy.writelines(read_response(response, url))
            return response.headers

    return file, repeat_request(download, waits)


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
