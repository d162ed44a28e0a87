"""Whether an MLflow server answers, without MLflow's own library, which takes seconds to import."""

import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

from components.errors import SuiteError
from components.network import WAITS, explain_connection_error, retry

_TIMEOUT = 10.0


class TrackingError(SuiteError):
    """MLflow did not answer, or refused."""


def check_server(tracking_uri: str | None, waits: Sequence[float] = WAITS) -> None:
    """Check that an MLflow server answers, so that no work is lost if it does not.

    Parameters
    ----------
    tracking_uri : str or None
        Tracking server. None, or a database: nothing is checked.
    waits : sequence of float
        Seconds before each further attempt.

    Raises
    ------
    TrackingError
        It does not answer.
    """
    url = urlsplit(tracking_uri or "")
    if url.scheme not in ("http", "https"):
        return
    address = urlunsplit(
        (url.scheme, url.netloc.rpartition("@")[2], f"{url.path.rstrip('/')}/health", "", "")
    )

    def request_health() -> None:
        try:
            with urllib.request.urlopen(address, timeout=_TIMEOUT):  # noqa: S310
                pass
        except urllib.error.HTTPError as error:
            # A login or a proxy in front of the server answers with other errors.
            if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise

    try:
        retry(request_health, waits, lambda error: isinstance(error, OSError))
    except OSError as error:
        is_answer = isinstance(error, urllib.error.HTTPError)
        why = f"it answered {error.code}" if is_answer else explain_connection_error(error).reason  # type: ignore[attr-defined]
        raise TrackingError(
            f"MLflow at {strip_credentials(tracking_uri or '')} does not answer: {why}.",
            "Check MLFLOW_TRACKING_URI, and that the server runs and no network policy blocks it. "
            "Then start the run again.",
        ) from error


def strip_credentials(tracking_uri: str) -> str:
    """Return an address without user and password."""
    return re.sub("//[^/]*@", "//", tracking_uri)
