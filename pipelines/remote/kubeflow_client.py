"""A client of Kubeflow Pipelines' API, with checked answers and errors that say what to do.

It uses the generated services of kfp-server-api. kfp's own client takes five times as long to import, prints
links, and reads the namespace and the cookie of another cluster from a file.

Requests that only read are repeated after temporary failures. A request that creates something is repeated
only if it was not carried out, see `find_or_create`.
"""

import functools
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import kfp_server_api
import urllib3
from kfp_server_api.rest import RESTClientObject

from components.network import retry
from components.workflow import Workflow
from pipelines.remote.api_answers import (
    make_connection_error,
    make_not_json_error,
    make_refusal_error,
    parse_json,
)
from pipelines.remote.errors import KubeflowError, ObjectExists, RequestOutcomeUnknown
from pipelines.remote.kubeflow_connection import KubeflowConnection

T = TypeVar("T")

# Seconds between attempts, 15 in total: enough for a pod that moves to another node.
PAUSES = (1.0, 2.0, 4.0, 8.0)
# Seconds to connect and to answer.
_TIMEOUTS = (10.0, 60.0)
_PAGE_SIZE = 100
# https://github.com/kubeflow/pipelines/blob/master/backend/api/v2beta1/filter.proto
_EQUALS = 1


class KubeflowClient:
    """The services of kfp-server-api at a `KubeflowConnection`; their requests may raise `KubeflowError`.

    Parameters
    ----------
    connection : KubeflowConnection
        The address and the credentials.
    timeouts : tuple of float
        Seconds to connect and to answer.
    pauses : sequence of float
        Seconds between attempts.
    sleep : callable
        Waits for a number of seconds.
    """

    def __init__(
        self,
        connection: KubeflowConnection,
        *,
        timeouts: tuple[float, float] = _TIMEOUTS,
        pauses: Sequence[float] = PAUSES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pauses, self._sleep = pauses, sleep
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
        self._api.rest_client = _Transport(config, connection, timeouts, self.repeat)
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

    def fetch_workflow(self, run_id: str) -> Workflow | None:
        """Return the workflow of a run; None if it has not started, or if the API does not show it."""
        try:
            return Workflow.parse(self.fetch_manifest(run_id))
        except KubeflowError:
            return None

    def fetch_manifest(self, run_id: str) -> str:
        """Return the workflow of a run as JSON; empty if it has not started.

        Only the API v1beta1 shows it, also for runs of v2beta1; Kubeflow Pipelines has both up to 2.17.
        """
        answer = self._api.call_api(
            "/apis/v1beta1/runs/{run_id}",
            "GET",
            {"run_id": run_id},
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )
        return (answer.get("pipeline_runtime") or {}).get("workflow_manifest") or ""

    def repeat(self, attempt: Callable[[], T], is_safe: Callable[[], bool] = lambda: True) -> T:
        """Return the result of an attempt, repeated while its outcome is unknown and ``is_safe()``.

        Raises
        ------
        KubeflowError
            The attempt failed, or the outcome of the last one is unknown.
        """

        def is_transient(error: Exception) -> bool:
            return isinstance(error, RequestOutcomeUnknown) and is_safe()

        return retry(attempt, self._pauses, is_transient, sleep=self._sleep)


def find_or_create(
    client: KubeflowClient, find: Callable[[], Iterable[T]], create: Callable[[], T]
) -> tuple[T, bool]:
    """Return an object, created if it does not exist, and only once even if an answer is lost.

    Others may create it at the same time.

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
        try:
            return create()
        except ObjectExists:
            for found in find():
                is_new = False
                return found
            raise

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
        timeouts: tuple[float, float],
        repeat: Callable[[Callable[[], Any], Callable[[], bool]], Any],
    ) -> None:
        super().__init__(config)
        self._connection, self._timeouts, self._repeat = connection, timeouts, repeat

    def request(self, method: str, url: str, **options: Any) -> Any:
        send = functools.partial(
            self._send_once, method, url, {**options, "_request_timeout": self._timeouts}
        )
        return self._repeat(send, lambda: method == "GET")

    def _send_once(self, method: str, url: str, options: dict[str, Any]) -> Any:
        try:
            answer = super().request(method, url, **options)
        except kfp_server_api.ApiException as error:
            raise make_refusal_error(self._connection, error.status, error.reason, error.body) from None
        except urllib3.exceptions.HTTPError as error:
            raise make_connection_error(self._connection, error) from None
        if not isinstance(parse_json(answer.data), dict):
            raise make_not_json_error(self._connection, answer.data)
        return answer
