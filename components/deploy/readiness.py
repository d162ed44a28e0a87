"""Waiting until a service is ready, with the reason if it cannot become ready."""

import time
from collections.abc import Callable
from typing import Any

from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.objects import Object
from components.deploy.pods import collect_pod_faults, collect_pod_messages
from components.errors import SuiteError

_PAUSE_SECONDS = 2.0
_SERVICE_OF_POD = "serving.kserve.io/inferenceservice"
_REVISION_OF_POD = "serving.knative.dev/revision"
_REMEDY = "Correct this, then run this stage again. Requests are answered as before."


class ServiceNotReady(SuiteError):
    """A service did not become ready."""


def wait_until_ready(
    cluster: KubernetesClient, service: str, seconds: float, pause: float = _PAUSE_SECONDS
) -> Object:
    """Wait until the pods of a service, as last applied, are ready; returns the service.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace.
    service : str
        Name of the InferenceService.
    seconds : float
        Longest wait.
    pause : float
        Seconds between two checks.

    Raises
    ------
    ServiceNotReady
        Its pods cannot run, or were not ready in time; the message has the pods' reasons.
    """
    resource: Object = {}

    def is_ready() -> bool:
        nonlocal resource
        resource = cluster.get("InferenceService", service) or {}
        return _is_ready(resource) and _is_rolled_out(cluster, resource)

    def collect_reasons(is_final: bool) -> list[str]:
        pods = _list_pods(cluster, resource)
        failure = resource.get("status", {}).get("modelStatus", {})
        reasons = (collect_pod_faults if is_final else collect_pod_messages)(pods)
        if not reasons and (not is_final or failure.get("transitionStatus") == "InvalidSpec"):
            reasons = _collect_conditions(resource)
        return reasons

    _wait(is_ready, collect_reasons, service, "ready", seconds, pause)
    return resource


def wait_until_gone(
    cluster: KubernetesClient, kind: str, name: str, seconds: float, pause: float = _PAUSE_SECONDS
) -> None:
    """Wait until an object has been deleted.

    Raises
    ------
    ServiceNotReady
        It still exists.
    """

    def is_gone() -> bool:
        return cluster.get(kind, name) is None

    _wait(
        is_gone,
        lambda is_final: [] if is_final else ["It still exists."],
        f"The {kind} {name}",
        "deleted",
        seconds,
        pause,
    )


def list_current_pods(cluster: KubernetesClient, resource: Object) -> list[Object]:
    """Return the pods of a service, as last applied, without those that are being replaced."""
    return [pod for pod in _list_pods(cluster, resource) if "deletionTimestamp" not in pod["metadata"]]


def _wait(
    is_done: Callable[[], bool],
    collect_reasons: Callable[[bool], list[str]],
    name: str,
    goal: str,
    seconds: float,
    pause: float,
) -> None:
    end = time.monotonic() + seconds
    while not is_done():
        if reasons := collect_reasons(True):
            raise ServiceNotReady(f"{name} cannot start. {' '.join(dict.fromkeys(reasons))}", _REMEDY)
        if time.monotonic() > end:
            reasons = collect_reasons(False) or ["Kubernetes gives no reason."]
            text = " ".join(dict.fromkeys(reasons))
            raise ServiceNotReady(f"{name} was not {goal} in {seconds:g} s. {text}", _REMEDY)
        time.sleep(pause)


def _is_ready(resource: Object) -> bool:
    status = resource.get("status", {})
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", [])}
    # An older status describes what was applied before.
    is_current = status.get("observedGeneration", 0) >= resource.get("metadata", {}).get("generation", 1)
    return is_current and conditions.get("Ready") == "True"


def _is_rolled_out(cluster: KubernetesClient, resource: Object) -> bool:
    """Return whether the new pods are ready, not only the old ones, which count as ready, too."""
    if _is_knative(resource):
        predictor = _get_predictor(resource)
        created = predictor.get("latestCreatedRevision")
        return created is not None and created == predictor.get("latestReadyRevision")
    deployment = cluster.get("Deployment", f"{resource['metadata']['name']}-predictor")
    if deployment is None:
        return False
    status, n_replicas = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    is_rolled_out: bool = (
        status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
        and status.get("updatedReplicas", 0) >= n_replicas
        and status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and status.get("availableReplicas", 0) >= n_replicas
    )
    return is_rolled_out


def _list_pods(cluster: KubernetesClient, resource: Object) -> list[Object]:
    if not resource:
        return []
    selector = {_SERVICE_OF_POD: resource["metadata"]["name"]}
    if _is_knative(resource) and (created := _get_predictor(resource).get("latestCreatedRevision")):
        selector[_REVISION_OF_POD] = created
    return cluster.list_pods(selector)


def _is_knative(resource: Object) -> bool:
    return bool(resource["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative")


def _get_predictor(resource: Object) -> dict[str, Any]:
    predictor: dict[str, Any] = resource.get("status", {}).get("components", {}).get("predictor", {})
    return predictor


def _collect_conditions(resource: Object) -> list[str]:
    status = resource.get("status", {})
    messages = [
        f"{condition['type']}: {condition.get('message') or condition.get('reason')}."
        for condition in status.get("conditions", [])
        if condition["status"] != "True" and (condition.get("message") or condition.get("reason"))
    ]
    failure = status.get("modelStatus", {}).get("lastFailureInfo", {})
    return messages + ([str(failure["message"])] if failure.get("message") else [])
