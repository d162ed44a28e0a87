"""A client for the objects of one namespace of Kubernetes: applies, reads and deletes them."""

# mypy: allow-untyped-calls
# Kubernetes' client is not typed.

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client as api
from kubernetes import config
from kubernetes.config.config_exception import ConfigException

from components.errors import SuiteError
from components.network import explain_connection_error

Object = dict[str, Any]

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_PATHS = {
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Event": "/api/v1/namespaces/{}/events",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "InferenceService": "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices",
    "ServingRuntime": "/apis/serving.kserve.io/v1alpha1/namespaces/{}/servingruntimes",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes",
    "DaskCluster": "/apis/kubernetes.dask.org/v1/namespaces/{}/daskclusters",
}
_PATCH = "application/apply-patch+yaml"
_VERBS = {"GET": "return", "PATCH": "apply", "PUT": "write", "POST": "write", "DELETE": "delete"}
_SECONDS = 10
# A restart of the API server must not end a rollout. Only requests that may safely be sent twice are retried.
_RETRIED = ("GET", "PATCH", "DELETE")
_TRANSIENT = (429, 502, 503, 504)
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
_ABSENT, _CONFLICT = 404, 409
_REMEDIES = {401: "Check that the task's service account exists and its token is valid."}


class KubernetesError(SuiteError):
    """Kubernetes did not answer, or refused a request.

    Attributes
    ----------
    status : int or None
        HTTP status of a refusal.
    """

    status: int | None = None


class ConflictError(Exception):
    """An object has changed since it was read."""


class KubernetesClient:
    """Objects of a namespace.

    Parameters
    ----------
    client : ApiClient
        Kubernetes' client.
    namespace : str
        The namespace.
    manager : str
        Owner of the fields that are applied
        (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
    remedies : mapping of int to str
        What to do about a refusal, by its HTTP status.
    """

    def __init__(
        self, client: api.ApiClient, namespace: str, manager: str, remedies: Mapping[int, str]
    ) -> None:
        self._client = client
        self._manager = manager
        self._remedies = {**_REMEDIES, **remedies}
        self._check_write: Callable[[], None] | None = None
        self.namespace = namespace

    @classmethod
    def from_config(cls, manager: str, remedies: Mapping[int, str]) -> "KubernetesClient":
        """Return a client for the cluster of this pod, or else for kubectl's current cluster.

        Parameters
        ----------
        manager, remedies
            As in the class.

        Raises
        ------
        KubernetesError
            There is no cluster.
        """
        settings = api.Configuration()
        settings.retries = 0
        try:
            config.load_incluster_config(client_configuration=settings)
            namespace = _NAMESPACE_FILE.read_text(encoding="utf-8").strip()
            return cls(api.ApiClient(settings), namespace, manager, remedies)
        except ConfigException:
            pass
        try:
            config.load_kube_config(client_configuration=settings)
            _, active = config.list_kube_config_contexts()
        except ConfigException as error:
            raise KubernetesError(
                f"There is no Kubernetes cluster: {error}",
                "Run this stage as a task on a cluster, or set kubectl's current context.",
            ) from error
        namespace = active["context"].get("namespace", "default")
        return cls(api.ApiClient(settings), namespace, manager, remedies)

    @contextmanager
    def check_writes(self, check: Callable[[], None]) -> Iterator[None]:
        """Call a check before each attempt to apply or delete an object in the block; it may raise."""
        self._check_write = check
        try:
            yield
        finally:
            self._check_write = None

    def get(self, kind: str, name: str) -> Object | None:
        """Return an object; None if it does not exist."""
        try:
            found: Object = self._send_request("GET", kind, name)
        except KubernetesError as error:
            if error.status == _ABSENT:
                return None
            raise
        return found

    def list_pods(self, selector: dict[str, str]) -> list[Object]:
        """Return the pods with some labels."""
        return self._list("Pod", "labelSelector", selector)

    def find_pod(self, name: str) -> Object | None:
        """Return a pod; None if it does not exist."""
        # A list, because who asks for this needs the right to list pods anyway.
        return next(iter(self._list("Pod", "fieldSelector", {"metadata.name": name})), None)

    def list_pod_events(self, pod: str) -> list[Object]:
        """Return the events of a pod; Kubernetes keeps them for an hour."""
        selector = {"involvedObject.kind": "Pod", "involvedObject.name": pod}
        return self._list("Event", "fieldSelector", selector)

    def apply(self, content: Object) -> Object:
        """Set our fields of an object by server-side apply, and leave all others alone.

        Raises
        ------
        KubernetesError
            Another manager owns one of the fields, or the object is invalid.
        """
        query = [("fieldManager", self._manager), ("fieldValidation", "Strict")]
        kind, name = content["kind"], content["metadata"]["name"]
        applied: Object = self._send_request("PATCH", kind, name, query=query, body=content, form=_PATCH)
        return applied

    def replace(self, content: Object) -> Object:
        """Write an object that was read, or create a new one.

        Raises
        ------
        ConflictError
            The object has changed since it was read.
        """
        kind, name = content["kind"], content["metadata"]["name"]
        method, path = ("PUT", name) if "resourceVersion" in content["metadata"] else ("POST", "")
        try:
            written: Object = self._send_request(method, kind, path, body=content)
        except KubernetesError as error:
            if error.status in (_ABSENT, _CONFLICT):
                raise ConflictError(name) from error
            raise
        return written

    def delete(self, kind: str, name: str) -> bool:
        """Delete an object and its dependents; returns whether it existed."""
        try:
            self._send_request("DELETE", kind, name, query=[("propagationPolicy", "Foreground")])
        except KubernetesError as error:
            if error.status == _ABSENT:
                return False
            raise
        return True

    def _list(self, kind: str, parameter: str, selector: dict[str, str]) -> list[Object]:
        text = ",".join(f"{name}={value}" for name, value in selector.items())
        items: list[Object] = self._send_request("GET", kind, query=[(parameter, text)])["items"]
        return items

    def _send_request(
        self,
        method: str,
        kind: str,
        name: str = "",
        *,
        query: list[tuple[str, str]] | None = None,
        body: Object | None = None,
        form: str = "application/json",
    ) -> Any:
        path = _PATHS[kind].format(self.namespace) + (f"/{name}" if name else "")
        pauses = iter(_PAUSES if method in _RETRIED else ())
        while True:
            if self._check_write is not None and method in ("PATCH", "DELETE"):
                self._check_write()
            try:
                return self._client.call_api(
                    path,
                    method,
                    query_params=query or [],
                    header_params={"Accept": "application/json", "Content-Type": form},
                    body=body,
                    response_type="object",
                    auth_settings=["BearerToken"],
                    _return_http_data_only=True,
                    _request_timeout=_SECONDS,
                )
            except api.ApiException as error:
                name = body["metadata"]["name"] if body else name
                failure = self._build_error(
                    f"{_VERBS[method]} the {f'{kind} {name}' if name else f'{kind}s'}", error
                )
                cause: Exception = error
                is_transient = error.status in _TRANSIENT
            except urllib3.exceptions.HTTPError as error:
                reason, remedy, _ = explain_connection_error(error)
                failure = KubernetesError(f"Kubernetes does not answer: {reason}.", remedy)
                cause, is_transient = error, True
            pause = next(pauses, None) if is_transient else None
            if pause is None:
                raise failure from cause
            time.sleep(pause)

    def _build_error(self, purpose: str, error: api.ApiException) -> KubernetesError:
        try:
            message = json.loads(error.body)["message"]
        except (TypeError, ValueError, KeyError):
            message = error.reason
        remedy = self._remedies.get(error.status, "Correct this, then run this stage again.")
        what = f"Kubernetes did not {purpose} in the namespace {self.namespace}: {message}"
        built = KubernetesError(what, remedy)
        built.status = error.status
        return built
