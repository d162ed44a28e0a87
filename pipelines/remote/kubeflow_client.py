"""kfp's client with answers that are checked, failures that say what to do, and no file of its own.

Requests that only read are tried again when a server is out of breath. One that creates something is not:
whether it was carried out is looked up first, see `find_or_create`.
"""

import contextlib
import io
import json
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import kfp_server_api  # type: ignore[import-untyped]
import urllib3
from kfp.client import Client as KfpClient
from kfp_server_api.rest import RESTClientObject  # type: ignore[import-untyped]

from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, RequestOutcomeUnknown
from pipelines.remote.kubeflow_connection import COOKIE, TOKEN, KubeflowConnection

Found = TypeVar("Found")

# Seconds between attempts, 15 in all: a pod that moves is back by then, or is not the reason.
PAUSES = (1.0, 2.0, 4.0, 8.0)
_SECONDS = (10, 60)
_SHOWN = 300
_PAGE = 100
# https://github.com/kubeflow/pipelines/blob/master/backend/api/v2beta1/filter.proto
_EQUALS = 1
_TOO_MANY_REQUESTS = 429
_NOT_IMPLEMENTED = 501


class KubeflowClient(KfpClient):  # type: ignore[misc]
    """kfp's client, of one `KubeflowConnection`.

    Parameters
    ----------
    connection : Connection
        Where to, and as whom.
    sleep : callable
        Waits a number of seconds before another attempt.
    """

    def __init__(self, connection: KubeflowConnection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        with warnings.catch_warnings():
            # It says that it needs version 2, which is asked for here.
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(host=connection.host, cookies=connection.cookie or "")
        # Any other value would stand in for a namespace that is left empty on purpose.
        self._context_setting = {"namespace": ""}
        self.sleep = sleep
        self.api_client = self._run_api.api_client
        self.api_client.rest_client = _Transport(self._existing_config, connection, sleep)

    def _load_config(self, *_: object) -> kfp_server_api.Configuration:
        config = kfp_server_api.Configuration(host=self._connection.host)
        config.ssl_ca_cert = str(self._connection.authorities) if self._connection.authorities else None
        # A redirection leads to a page to log in at, and must be seen, not followed.
        config.retries = urllib3.Retry(0, redirect=0, raise_on_redirect=False)
        if self._connection.read_bearer_token() is not None:
            config.api_key_prefix["authorization"] = "Bearer"
            config.refresh_api_key_hook = self._renew
            self._renew(config)
        return config

    def _renew(self, config: kfp_server_api.Configuration) -> None:
        config.api_key["authorization"] = self._connection.read_bearer_token()

    def _load_context_setting_or_default(self) -> None:
        # In place of ~/.config/kfp/context.json, where another cluster's namespace and cookie may lie. With a
        # namespace the constructor asks the cluster for none.
        self._context_setting = {"namespace": "none"}

    def fetch_health(self) -> dict[str, Any]:
        """Return what the API says of itself; kfp's own model leaves the version out."""
        answer: dict[str, Any] = self.api_client.call_api(
            "/apis/v2beta1/healthz",
            "GET",
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )
        return answer


def find_or_create(
    client: KubeflowClient, find: Callable[[], Found | None], make: Callable[[], Found]
) -> tuple[Found, bool]:
    """Return what there is, or make it, once, even if an answer is lost.

    Parameters
    ----------
    client : Client
        Waits between attempts.
    find : callable
        Returns the thing, or None where there is none.
    make : callable
        Makes it and returns it.

    Returns
    -------
    tuple of the thing and bool
        Whether it was made now.

    Raises
    ------
    ClusterError
        It could not be found or made.
    """
    is_made = False
    for pause in (*PAUSES, None):
        found = find()
        if found is not None:
            return found, is_made
        is_made = True
        try:
            with silence_stdout():
                return make(), True
        except RequestOutcomeUnknown:
            if pause is None:
                raise
            client.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def list_all(ask: Callable[..., Any], what: str, name: str | None = None, **where: str) -> list[Any]:
    """Return all of a listing, page after page.

    Parameters
    ----------
    ask : callable
        A listing of kfp's client.
    what : str
        Where its answer holds the things.
    name : str or None
        Only those that people call so. None: whatever they are called.
    **where : str
        Further arguments of the listing.

    Raises
    ------
    ClusterError
        It cannot be listed.
    """
    predicate = {"operation": _EQUALS, "key": "display_name", "stringValue": name}
    wanted = None if name is None else json.dumps({"predicates": [predicate]})
    found: list[Any] = []
    page = ""
    while True:
        answer = ask(page_token=page, page_size=_PAGE, filter=wanted, **where)
        found.extend(getattr(answer, what) or [])
        page = answer.next_page_token or ""
        if not page:
            return found


@contextlib.contextmanager
def silence_stdout() -> Iterator[None]:
    """Keep kfp's own links off standard output."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


class _Transport(RESTClientObject):  # type: ignore[misc]
    """Sends requests, and lets pass no answer but JSON."""

    def __init__(
        self,
        config: kfp_server_api.Configuration,
        connection: KubeflowConnection,
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(config)
        self._connection = connection
        self._sleep = sleep

    def request(self, method: str, url: str, **options: Any) -> Any:
        for pause in (*PAUSES, None):
            try:
                return self._send_once(method, url, options)
            except RequestOutcomeUnknown:
                if method != "GET" or pause is None:
                    raise
                self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _send_once(self, method: str, url: str, options: dict[str, Any]) -> Any:
        options = {**options, "_request_timeout": _SECONDS}
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
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    host = connection.host
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return KubeflowError(
            f"There is no host of the name in {host}.",
            "Correct --host; a name that ends in .svc or .cluster.local is known only within the cluster.",
        )
    if isinstance(reason, urllib3.exceptions.SSLError):
        return KubeflowError(
            f"The certificate of {host} is not trusted, or nothing there speaks TLS: {reason}",
            "Set SSL_CERT_FILE to the file of the authority that signed it, or write http:// if it has none.",
        )
    if isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return KubeflowUnreachable(
            f"Nothing answers at {host}.",
            "See that the cluster runs and that the port is still forwarded: "
            "kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80.",
        )
    return RequestOutcomeUnknown(
        f"The connection to {host} broke off: {type(reason).__name__}.",
        "See that the port is still forwarded and that no proxy ends long requests; then run this again.",
    )


def _make_refusal_error(error: kfp_server_api.ApiException, connection: KubeflowConnection) -> KubeflowError:
    host, status = connection.host, error.status
    said = _format_reason(error.body)
    if status in (301, 302, 303, 307, 308) or status == 401:
        return _make_login_error(connection)
    if status == 403:
        return KubeflowError(
            f"{host} does not permit this{_format_namespace(connection)}{said}",
            "Check the namespace: one that does not exist is refused alike. If it is right, ask its owner to "
            "add you as a contributor, or give a token of its service account default-editor.",
        )
    if status == 404 and _parse_json(error.body) is None:
        return KubeflowError(
            f"{host} has no API of Kubeflow Pipelines v2 at that address{said}",
            "Give the address that the dashboard has, such as https://kubeflow.example.org/pipeline.",
        )
    if status == _TOO_MANY_REQUESTS or (status >= 500 and status != _NOT_IMPLEMENTED):
        return RequestOutcomeUnknown(
            f"{host} failed with {status} {error.reason}{said}",
            "See what its API server logs: kubectl logs -n kubeflow deploy/ml-pipeline. Then run this again.",
        )
    return KubeflowError(
        f"{host} refused the request with {status} {error.reason}{said}",
        "If that does not say why: kubectl logs -n kubeflow deploy/ml-pipeline.",
    )


def _make_login_error(connection: KubeflowConnection) -> KubeflowError:
    host = connection.host
    if connection.cookie:
        return KubeflowError(
            f"{host} does not accept the session: its cookie is wrong or has expired.",
            f"Log in with a browser, and set {COOKIE} to the new cookie.",
        )
    if connection.token_file:
        return KubeflowError(
            f"{host} does not accept the token in {connection.token_file}: it is wrong or has expired.",
            "Renew it there: kubectl create token default-editor -n NAMESPACE, or see that its audience is "
            "pipelines.kubeflow.org.",
        )
    if connection.token:
        return KubeflowError(
            f"{host} does not accept the token: it is wrong or has expired.",
            f"Renew it: export {TOKEN}=$(kubectl create token default-editor -n NAMESPACE).",
        )
    return KubeflowError(
        f"{host} wants to know who asks.",
        f"Set {TOKEN}, or {COOKIE} to the session that a browser has after logging in, or name --token-file.",
    )


def _make_not_json_error(body: bytes, connection: KubeflowConnection) -> KubeflowError:
    what = "a web page" if b"<html" in body[:2000].lower() else "no JSON"
    return KubeflowError(
        f"{connection.host} answered with {what} where the API of Kubeflow Pipelines answers with JSON.",
        "Something in between answers: a proxy, or a page to log in at. Check the address, which on Kubeflow "
        f"ends in /pipeline, and set {TOKEN} or {COOKIE} if it needs a login.",
    )


def _format_reason(body: bytes | None) -> str:
    """Return what a refusal says of its reason, as the rest of a sentence."""
    parsed = _parse_json(body)
    if not isinstance(parsed, dict):
        return "."
    # grpc-gateway writes message; the upload service, which is no part of it, error_message.
    text = str(parsed.get("message") or parsed.get("error_message") or parsed.get("error") or "")
    line = " ".join(text.split())
    if not line:
        return "."
    return f": {line[:_SHOWN]}…" if len(line) > _SHOWN else f": {line}"


def _format_namespace(connection: KubeflowConnection) -> str:
    return f" in the namespace {connection.namespace}" if connection.namespace else ""
