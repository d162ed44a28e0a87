"""A file at an http(s) address."""

import hashlib
import http
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from functools import partial
from pathlib import Path
from typing import TypeVar

from components.errors import InvalidSetting, InvalidSource, is_full
from components.ingest.sources.fingerprints import (
    check_download,
    describe_response,
    format_hash,
    make_unknown,
)
from components.ingest.sources.source import LocalSource, RemoteSource
from components.network import UNKNOWN_HOST, explain_connection_error, retry

T = TypeVar("T")

# Bytes of the largest download that is read only to compute its hash.
MOST_BYTES = 20_000_000
_CHUNK = 1 << 20
_UNKNOWN = (
    "its server gives neither an ETag nor the time of its last change, and it has more than "
    f"{MOST_BYTES / 1e6:.0f} MB"
)


class UrlSource(RemoteSource):
    """A file at an http(s) address."""

    def compute_fingerprint(self) -> str:
        """Return the fingerprint that the server's headers give, else that of the content if it is small."""
        # A GET and not a HEAD: a signed address is valid for one method, and some servers answer a HEAD with
        # other headers.
        return repeat_request(self._look, self.waits)

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a copy of the file."""
        file = scratch / "download"

        def download() -> Message:
            with open_url(self.address, self.timeout) as response, file.open("wb") as copy:
                copy.writelines(read_response(response, self.address))
                return response.headers

        headers = repeat_request(download, self.waits)
        return LocalSource(file, partial(check_download, file, headers, source=self.address))

    def pin(self, version: str) -> str:
        """Refuse: a web server has no versions."""
        raise InvalidSetting(
            f"An http(s) address has no versions, so there is no {version!r} of it.",
            "Leave --data-version out, or put the file into object storage that keeps versions.",
        )

    def _look(self) -> str:
        with open_url(self.address, self.timeout) as response:
            return describe_response(response.headers) or _hash_response(response, self.address)


def _hash_response(response: http.client.HTTPResponse, url: str) -> str:
    """Return the fingerprint of a response by its content, unless that is too large."""
    if int(response.headers.get("Content-Length") or 0) > MOST_BYTES:
        return make_unknown(_UNKNOWN)
    digest, n_bytes = hashlib.sha256(), 0
    for chunk in read_response(response, url):
        n_bytes += len(chunk)
        if n_bytes > MOST_BYTES:
            return make_unknown(_UNKNOWN)
        digest.update(chunk)
    return format_hash(digest.hexdigest())


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
        if is_full(error):
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
