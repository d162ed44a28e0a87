"""One request to a web service, without retries, and its answer."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from components.errors import SuiteError
from components.network import explain_connection_error


class ServiceFailed(SuiteError):
    """A service cannot be reached, or cannot do what a run needs."""


@dataclass(frozen=True)
class Reply:
    """An answer of a server.

    Attributes
    ----------
    status : int
        HTTP status; redirections are not followed.
    headers : mapping of str to str
        Headers; upper and lower case in names make no difference.
    text : str
        The body.
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, object] | None:
        """The body as a JSON object; None if it is something else."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


def fetch_reply(url: str, headers: Mapping[str, str], seconds: float) -> Reply:
    """Send one GET request.

    Parameters
    ----------
    url : str
        Address, without credentials.
    headers : mapping of str to str
        Headers with the credentials.
    seconds : float
        How long to wait for a connection, and for the answer.

    Raises
    ------
    ServiceFailed
        There is no connection or no answer, or the address or the credentials are malformed.
    """
    http = urllib3.PoolManager(timeout=seconds, retries=False, ssl_context=ssl.create_default_context())
    address = url.partition("?")[0]
    try:
        answer = http.request("GET", url, headers=dict(headers), redirect=False)
    except LocationValueError:
        raise ServiceFailed(f"{address} is not an address.", "Write it as http://host:port.") from None
    except HTTPError as error:
        reason, remedy, _ = explain_connection_error(error)
        raise ServiceFailed(f"{address}: {reason}.", remedy) from None
    except ValueError:
        # The error's text would show the header.
        raise ServiceFailed(
            f"{address}: its credentials contain a line break or a letter that a header cannot have.",
            "Copy them again.",
        ) from None
    return Reply(answer.status, answer.headers, answer.data.decode("utf-8", "replace").strip())
