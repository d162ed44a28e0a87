"""The door to Kubernetes: objects of one namespace, applied, read and deleted."""

# mypy: allow-untyped-calls
# Kubernetes' client is not typed.

import json
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client as api
from kubernetes import config
from kubernetes.config.config_exception import ConfigException

from components.deploy.objects import MANAGER, Object
from components.errors import SuiteError

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_PATHS = {
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "InferenceService": "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices",
    "ServingRuntime": "/apis/serving.kserve.io/v1alpha1/namespaces/{}/servingruntimes",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes",
}
_PATCH = "application/apply-patch+yaml"
_SECONDS = 30
# An API server that starts anew must not end a rollout. What may have been done is done again, but for writes
# that are refused then.
_AGAIN = urllib3.Retry(
    total=5,
    backoff_factor=1.0,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=("GET", "PATCH", "DELETE"),
)
_ABSENT, _CONFLICT = 404, 409


class KubernetesError(SuiteError):
    """Kubernetes did not answer, or refused."""


class ConflictError(Exception):
    """An object is not as it was read: somebody else was faster."""


class KubernetesClient:
    """Objects of a namespace.

    Parameters
    ----------
    client : ApiClient
        A client of Kubernetes.
    namespace : str
        The namespace.
    """

    def __init__(self, client: api.ApiClient, namespace: str) -> None:
        self._client = client
        self.namespace = namespace

    @classmethod
    def from_config(cls) -> "KubernetesClient":
        """Return the cluster that this pod runs on, or else the one that kubectl speaks with.

        Raises
        ------
        ClusterRefused
            There is none.
        """
        settings = api.Configuration()
        settings.retries = _AGAIN
        try:
            config.load_incluster_config(client_configuration=settings)
            return cls(api.ApiClient(settings), _NAMESPACE_FILE.read_text(encoding="utf-8").strip())
        except ConfigException:
            pass
        try:
            config.load_kube_config(client_configuration=settings)
            _, active = config.list_kube_config_contexts()
        except ConfigException as error:
            raise KubernetesError(
                f"There is no cluster to deploy to: {error}",
                "Run deploy as a task on a cluster, or choose one for kubectl.",
            ) from error
        return cls(api.ApiClient(settings), active["context"].get("namespace", "default"))

    def get(self, kind: str, name: str) -> Object | None:
        """Return an object; None if there is none."""
        try:
            found: Object = self._send_request("GET", kind, name)
        except api.ApiException as error:
            if error.status == _ABSENT:
                return None
            raise self._build_error(f"show the {kind} {name}", error) from error
        return found

    def list_pods(self, selector: dict[str, str]) -> list[Object]:
        """Return the pods with some labels."""
        text = ",".join(f"{name}={value}" for name, value in selector.items())
        try:
            found: list[Object] = self._send_request("GET", "Pod", query=[("labelSelector", text)])["items"]
        except api.ApiException as error:
            raise self._build_error("show the pods", error) from error
        return found

    def apply(self, wanted: Object) -> Object:
        """Make the fields of an object that are ours what they should be, and leave all others alone.

        Raises
        ------
        ClusterRefused
            Somebody else decides on one of the fields, or the object is not valid.
        """
        kind, name = wanted["kind"], wanted["metadata"]["name"]
        try:
            applied: Object = self._send_request(
                "PATCH",
                kind,
                name,
                query=[("fieldManager", MANAGER), ("fieldValidation", "Strict")],
                body=wanted,
                content=_PATCH,
            )
        except api.ApiException as error:
            raise self._build_error(f"take the {kind} {name}", error) from error
        return applied

    def replace(self, changed: Object) -> Object:
        """Write an object that was read, or one that was not there.

        Raises
        ------
        Changed
            It was written by somebody else since.
        """
        kind, name = changed["kind"], changed["metadata"]["name"]
        is_known = "resourceVersion" in changed["metadata"]
        try:
            method, place = ("PUT", name) if is_known else ("POST", "")
            written: Object = self._send_request(method, kind, place, body=changed)
        except api.ApiException as error:
            if error.status in (_ABSENT, _CONFLICT):
                raise ConflictError(name) from error
            raise self._build_error(f"write the {kind} {name}", error) from error
        return written

    def delete(self, kind: str, name: str) -> bool:
        """Delete an object and what belongs to it; returns whether there was one."""
        try:
            self._send_request("DELETE", kind, name, query=[("propagationPolicy", "Foreground")])
        except api.ApiException as error:
            if error.status == _ABSENT:
                return False
            raise self._build_error(f"delete the {kind} {name}", error) from error
        return True

    def _send_request(
        self,
        method: str,
        kind: str,
        name: str = "",
        *,
        query: list[tuple[str, str]] | None = None,
        body: Object | None = None,
        content: str = "application/json",
    ) -> Any:
        path = _PATHS[kind].format(self.namespace) + (f"/{name}" if name else "")
        try:
            return self._client.call_api(
                path,
                method,
                query_params=query or [],
                header_params={"Accept": "application/json", "Content-Type": content},
                body=body,
                response_type="object",
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _request_timeout=_SECONDS,
            )
        except urllib3.exceptions.HTTPError as error:
            raise KubernetesError(
                f"Kubernetes does not answer: {error}.",
                "See whether its API server can be reached from here.",
            ) from error

    def _build_error(self, purpose: str, error: api.ApiException) -> KubernetesError:
        try:
            said = json.loads(error.body)["message"]
        except (TypeError, ValueError, KeyError):
            said = error.reason
        where = f"in the namespace {self.namespace}"
        remedy = {
            401: "See that the task's service account exists and its token is valid.",
            403: "Start the run with --service-account kfp-tabular, or bind its account to the role "
            "kfp-tabular-deploy; see docs/cluster.md.",
            _ABSENT: "Install KServe, and with a gateway the Gateway API; see docs/cluster.md.",
            _CONFLICT: "Let whoever sets these fields leave them to deploy, or take the service away.",
        }.get(error.status, "Mend what it says, then run this stage again.")
        return KubernetesError(f"Kubernetes did not {purpose} {where}: {said}", remedy)
