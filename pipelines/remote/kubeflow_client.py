"""A client of Kubeflow Pipelines' API, with checked answers and errors that say what to do.

It uses the generated services of kfp-server-api. kfp's own client takes a second to import, prints links, and
reads the namespace and the cookie of another cluster from a file.

Requests that only read are repeated after temporary failures. A request that creates something is repeated
only if it was not carried out, see `find_or_create`.
"""

import functools
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import kfp_server_api
import urllib3
from kfp_server_api.rest import RESTClientObject

from components.network import UNKNOWN_HOST, explain_connection_error, retry
from pipelines.remote.api_answers import explain_refusal
from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_connection import COOKIE, TOKEN, KubeflowConnection

T = TypeVar("T")

# Seconds between attempts, 15 in total: enough for a pod that moves to another node.
PAUSES = (1.0, 2.0, 4.0, 8.0)
# Seconds to connect and to answer.
_TIMEOUTS = (10, 60)
_SHOWN_CHARACTERS = 300
_PAGE_SIZE = 100
# https://github.com/kubeflow/pipelines/blob/master/backend/api/v2beta1/filter.proto
_EQUALS = 1
_TOO_MANY_REQUESTS = 429
_NOT_IMPLEMENTED = 501


class KubeflowClient:
    """The services of kfp-server-api at a `KubeflowConnection`; their requests may raise `KubeflowError`.

    ``sleep`` waits for a number of seconds between attempts.
    """

    def __init__(self, connection: KubeflowConnection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        config = kfp_server_api.Configuration(host=connection.host)
        config.ssl_ca_cert = str(connection.authorities) if connection.authorities else None
        # A redirection leads to a login page. It is reported, not followed.
        config.retries = urllib3.Retry(0, redirect=0, raise_on_redirect=False)

        def renew_token(config: kfp_server_api.Configuration) -> None:
            config.api_key["authorization"] = connection.read_bearer_token()

        if connection.read_bearer_token() is not None:
            config.api_key_prefix["authorization"] = "Bearer"
            config.refresh_api_key_hook = renew_token
            renew_token(config)
        self._api = kfp_server_api.ApiClient(config, cookie=connection.cookie)
        self._api.rest_client = _Transport(config, connection, self.repeat)
        self.pipelines = kfp_server_api.PipelineServiceApi(self._api)
        self.uploads = kfp_server_api.PipelineUploadServiceApi(self._api)
        self.experiments = kfp_server_api.ExperimentServiceApi(self._api)
        self.runs = kfp_server_api.RunServiceApi(self._api)
        self.recurring_runs = kfp_server_api.RecurringRunServiceApi(self._api)

    def fetch_health(self) -> dict[str, Any]:
        """Return the API's answer to ``healthz``; the generated model omits the version."""
        answer: dict[str, Any] = self._api.call_api(
            "/apis/v2beta1/healthz",
            "GET",
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )
        return answer

    def repeat(self, attempt: Callable[[], T], is_safe: Callable[[], bool] = lambda: True) -> T:
        """Return the result of an attempt, repeated while its outcome is unknown and ``is_safe`` returns True.

        Raises
        ------
        KubeflowError
            The attempt failed, or the outcome of the last one is unknown.
        """

        def is_transient(error: Exception) -> bool:
            return isinstance(error, RequestOutcomeUnknown) and is_safe()

        return retry(attempt, PAUSES, is_transient, sleep=self._sleep)


def find_or_create(
    client: KubeflowClient, find: Callable[[], Iterable[T]], create: Callable[[], T]
) -> tuple[T, bool]:
    """Return an object, created if it does not exist, and only once even if an answer is lost.

    Parameters
    ----------
    client : KubeflowClient
        Repeats attempts.
    find : callable
        Returns the objects that will do; the first is used.
    create : callable
        Creates the object and returns it.

    Returns
    -------
    tuple of the object and bool
        Whether it was created now.

    Raises
    ------
    KubeflowError
        The object could not be found or created.
    """
    is_new = False

    def try_once() -> T:
        nonlocal is_new
        for found in find():
            return found
        is_new = True
        return create()

    return client.repeat(try_once, lambda: is_new), is_new


def list_all(
    list_page: Callable[..., Any], attribute: str, name: str | None = None, **arguments: str
) -> list[Any]:
    """Return all objects of a listing, page after page.

    Parameters
    ----------
    list_page : callable
        A listing of one of the client's services.
    attribute : str
        The attribute of its answer with the objects.
    name : str or None
        Only objects with this display name. None: all.
    **arguments : str
        Further arguments of the listing.

    Raises
    ------
    KubeflowError
        The objects cannot be listed.
    """
    predicate = {"operation": _EQUALS, "key": "display_name", "stringValue": name}
    name_filter = None if name is None else json.dumps({"predicates": [predicate]})
    found: list[Any] = []
    page = ""
    while True:
        answer = list_page(page_token=page, page_size=_PAGE_SIZE, filter=name_filter, **arguments)
        found.extend(getattr(answer, attribute) or [])
        page = answer.next_page_token or ""
        if not page:
            return found


class _Transport(RESTClientObject):  # type: ignore[misc]
    """Sends requests, and accepts only answers in JSON."""

    def __init__(
        self,
        config: kfp_server_api.Configuration,
        connection: KubeflowConnection,
        repeat: Callable[[Callable[[], Any], Callable[[], bool]], Any],
    ) -> None:
        super().__init__(config)
        self._connection = connection
        self._repeat = repeat

    def request(self, method: str, url: str, **options: Any) -> Any:
        send = functools.partial(self._send_once, method, url, {**options, "_request_timeout": _TIMEOUTS})
        return self._repeat(send, lambda: method == "GET")

    def _send_once(self, method: str, url: str, options: dict[str, Any]) -> Any:
        try:
            answer = super().request(method, url, **options)
        except kfp_server_api.ApiException as error:
            raise _make_refusal_error(error, self._connection) from None
        except urllib3.exceptions.HTTPError as error:
            raise _make_connection_error(error, self._connection) from None
        if not isinstance(_parse_json(answer.data), dict):
            raise _make_not_json_error(answer.data, self._connection)
        return answer


def _parse_json(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except ValueError:
        return None


def _make_connection_error(
    error: urllib3.exceptions.HTTPError, connection: KubeflowConnection
) -> KubeflowError:
    failure = explain_connection_error(error)
    what = f"{connection.host} cannot be reached: {failure.reason}."
    if failure is UNKNOWN_HOST or not failure.is_transient:
        return KubeflowError(what, failure.remedy)
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    if isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return KubeflowUnreachable(
            what,
            "Check that the cluster runs and that the port is still forwarded: "
            "kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80.",
        )
    return RequestOutcomeUnknown(
        f"The connection to {connection.host} was lost: {failure.reason}.",
        "Check that the port is still forwarded and that no proxy ends long requests. Then run this again.",
    )


def _make_refusal_error(error: kfp_server_api.ApiException, connection: KubeflowConnection) -> KubeflowError:
    host, status = connection.host, error.status
    reason = _format_reason(error.body)
    # The API itself answers 404 in JSON, for an object that does not exist.
    is_from_api = status == 404 and _parse_json(error.body) is not None
    if not is_from_api and (refusal := explain_refusal(connection, status, reason)):
        return refusal
    if status == _TOO_MANY_REQUESTS or (status >= 500 and status != _NOT_IMPLEMENTED):
        return RequestOutcomeUnknown(
            f"{host} failed with {status} {error.reason}{reason}",
            "Read its API server's log: kubectl logs -n kubeflow deploy/ml-pipeline. Then run this again.",
        )
    return KubeflowError(
        f"{host} refused the request with {status} {error.reason}{reason}",
        "If this gives no reason, read the log: kubectl logs -n kubeflow deploy/ml-pipeline.",
    )


def _make_not_json_error(body: bytes, connection: KubeflowConnection) -> KubeflowError:
    answer = "a web page" if b"<html" in body[:2000].lower() else "something else"
    return KubeflowError(
        f"{connection.host} answered with {answer}, where the API of Kubeflow Pipelines answers with JSON.",
        "A proxy or a login page may have answered. Check the address, which on Kubeflow ends in /pipeline, "
        f"and set {TOKEN} or {COOKIE} if it needs a login.",
    )


def _format_reason(body: bytes | None) -> str:
    """Return the end of a sentence: the reason that a refusal gives, if any."""
    answer = _parse_json(body)
    if not isinstance(answer, dict):
        return "."
    # grpc-gateway writes message; the upload service, which does not use it, error_message.
    text = str(answer.get("message") or answer.get("error_message") or answer.get("error") or "")
    line = " ".join(text.split())
    if not line:
        return "."
    return f": {line[:_SHOWN_CHARACTERS]}…" if len(line) > _SHOWN_CHARACTERS else f": {line}"
