"""One question to a web service, asked once, and its answer."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from components._store.connection_errors import explain_connection_error
from components.errors import SuiteError


class ServiceFailed(SuiteError):
    """A service cannot be reached, or does not do what a run needs of it."""


@dataclass(frozen=True)
class Reply:
    """An answer of whatever is there.

    Attributes
    ----------
    status : int
        HTTP status; redirections are not followed.
    headers : mapping of str to str
        Headers, whose names may be asked for in any case.
    text : str
        The body.
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, object] | None:
        """The body as a JSON object; None if it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def fetch_reply(url: str, headers: Mapping[str, str], seconds: float) -> Reply:
    """Ask a service, once.

    Parameters
    ----------
    url : str
        Address, without credentials.
    headers : mapping of str to str
        Who asks.
    seconds : float
        How long to wait for a connection, and for the answer.

    Raises
    ------
    ServiceFailed
        There is no connection, or no answer.
    """
    http = urllib3.PoolManager(timeout=seconds, retries=False, ssl_context=ssl.create_default_context())
    place = url.partition("?")[0]
    try:
        answer = http.request("GET", url, headers=dict(headers), redirect=False)
    except LocationValueError:
        raise ServiceFailed(f"{place} is no address.", "Write it as http://host:port.") from None
    except HTTPError as error:
        reason, remedy = explain_connection_error(error)
        raise ServiceFailed(f"{place}: {reason}.", remedy) from None
    except ValueError:
        # Its text would show the header.
        raise ServiceFailed(
            f"{place}: the credentials for it hold a line break, or a letter that no header can hold.",
            "Copy them again.",
        ) from None
    return Reply(answer.status, answer.headers, answer.data.decode("utf-8", "replace").strip())
