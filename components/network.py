"""Requests over a network: how often to repeat one, and why one failed, in words."""

import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# Seconds before each further attempt: a service that restarts within 20 s fails no stage, and one that is
# away for good fails it in less than 90 s, even if each attempt takes 10 s.
WAITS = (1.0, 3.0, 8.0, 14.0)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class ConnectionFailure(NamedTuple):
    """Why there is no connection to a service, or no answer from it.

    Attributes
    ----------
    reason : str
        The second half of a sentence about the service.
    remedy : str
        What to do about it.
    is_transient : bool
        Whether a later attempt may succeed.
    """

    reason: str
    remedy: str
    is_transient: bool = True


UNKNOWN_HOST = ConnectionFailure(
    "its host name is not known here",
    "Check the name. A Kubernetes Service, service.namespace, has a name only inside its cluster.",
)
REFUSED = ConnectionFailure(
    "connection refused",
    "Check host and port, that the service runs, and that no network policy blocks it.",
)
TIMED_OUT = ConnectionFailure(
    "it does not answer in time",
    "Check that the service runs, and that no firewall or network policy blocks it.",
)
LOST = ConnectionFailure("the connection broke off", "Look at the log of the service, and try again.")
WITHOUT_TLS = ConnectionFailure(
    "it does not answer with TLS",
    "Check host and port; the address may have to begin with http://.",
    is_transient=False,
)
_CERTIFICATE_REMEDY = (
    "If your own authority signed it, set SSL_CERT_FILE to the file with that authority's certificate. "
    "The address must use the host name that is in the certificate."
)
_PROXY_REMEDY = "Check HTTP_PROXY and HTTPS_PROXY; NO_PROXY lists the hosts that are reached without it."
_CAUSES: tuple[tuple[type[OSError] | tuple[type[OSError], ...], ConnectionFailure], ...] = (
    (socket.gaierror, UNKNOWN_HOST),
    # asyncio writes a text of its own into this error.
    (ConnectionRefusedError, REFUSED),
    # A connection over TLS that ends in the middle is an SSLEOFError.
    ((ssl.SSLEOFError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError), LOST),
    (ssl.SSLError, WITHOUT_TLS),
    (TimeoutError, TIMED_OUT),
)


def explain_connection_error(error: BaseException) -> ConnectionFailure:
    """Return why a connection failed or ended; without a known cause, that it broke off."""
    return find_connection_failure(error) or LOST


def find_connection_failure(error: BaseException) -> ConnectionFailure | None:
    """Return why a connection failed, by the socket's error below a client's error; None if there is none.

    The errors of urllib, urllib3, requests and their users have the error of the socket as their cause.
    """
    found: ConnectionFailure | None = None
    cause: BaseException | None = error
    while cause is not None:
        # A proxy that refuses a tunnel answers with a status.
        tunnel = re.search(r"Tunnel connection failed: (\d+[\w ]*)", str(cause))
        if tunnel or type(cause).__name__ == "ProxyError":
            reason = f"its proxy does not connect ({tunnel[1] if tunnel else 'no answer'})"
            return ConnectionFailure(reason, _PROXY_REMEDY)
        found = _explain_cause(cause) or found
        inner = getattr(cause, "reason", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
    return found


def _explain_cause(error: BaseException) -> ConnectionFailure | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not trusted ({error.verify_message or 'it cannot be verified'})"
        return ConnectionFailure(reason, _CERTIFICATE_REMEDY, is_transient=False)
    for kinds, failure in _CAUSES:
        if isinstance(error, kinds):
            return failure
    # Errors of files have the file's name.
    if isinstance(error, OSError) and error.errno and error.strerror and error.filename is None:
        return REFUSED._replace(reason=error.strerror.lower())
    return None


def retry(
    request: Callable[[], T],
    waits: Iterable[float],
    is_transient: Callable[[Exception], bool],
    *,
    get_progress: Callable[[], int] = lambda: 0,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return the result of a request, which is repeated after a failure that may pass.

    Parameters
    ----------
    request : callable
        Makes the request. It must be safe to repeat, because it may have succeeded although no answer came.
    waits : iterable of float
        Seconds before each further attempt.
    is_transient : callable
        Whether an attempt after this error may succeed.
    get_progress : callable
        How far the attempts have come. Whenever one has come further, the waits begin again.
    sleep : callable
        Waits for a number of seconds.

    Raises
    ------
    Exception
        The error of the last attempt.
    """
    left, before = iter(waits), get_progress()
    while True:
        try:
            return request()
        except Exception as error:
            if not is_transient(error):
                raise
            if (now := get_progress()) > before:
                left, before = iter(waits), now
            if (wait := next(left, None)) is None:
                raise
        sleep(wait)


def list_waits(end: float) -> Iterator[float]:
    """Yield waits for `retry` that grow from 0.1 to 5 s, as long as ``time.monotonic()`` is before ``end``.

    They are random, so that workers that lost a service together do not come back together.
    """
    wait = _FIRST_WAIT
    while time.monotonic() < end:
        yield wait * random.uniform(0.5, 1)  # noqa: S311
        wait = min(2 * wait, _LONGEST_WAIT)
