"""Waiting until a service is ready, with the reason if it cannot become ready."""

import math
import time
from collections.abc import Callable
from typing import Any

from components._kubernetes.client import KubernetesClient, Object
from components.deploy.pods import (
    SETTLE_SECONDS,
    PodFault,
    collect_deployment_faults,
    collect_pod_faults,
    has_started,
)
from components.errors import SuiteError

_PAUSE_SECONDS = 2.0
_SERVICE_OF_POD = "serving.kserve.io/inferenceservice"
_REVISION_OF_POD = "serving.knative.dev/revision"
_REMEDY = "Then run this stage again. Requests are answered as before."


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

    def collect_faults() -> list[PodFault]:
        faults = _collect_faults(cluster, resource)
        status = resource.get("status", {}).get("modelStatus", {}).get("transitionStatus")
        if not faults:
            patience = SETTLE_SECONDS if status == "InvalidSpec" else math.inf
            faults = [PodFault(text, text, "", patience) for text in _collect_conditions(resource)]
        return faults

    _wait(is_ready, collect_faults, service, "ready", seconds, pause)
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

    _wait(is_gone, lambda: [], f"The {kind} {name}", "deleted", seconds, pause)


def list_current_pods(cluster: KubernetesClient, resource: Object) -> list[Object]:
    """Return the pods of a service, as last applied, without those that are being replaced."""
    return [pod for pod in _list_pods(cluster, resource) if "deletionTimestamp" not in pod["metadata"]]


def _wait(
    is_done: Callable[[], bool],
    collect_faults: Callable[[], list[PodFault]],
    name: str,
    goal: str,
    seconds: float,
    pause: float,
) -> None:
    started = time.monotonic()
    first_seen: dict[str, float] = {}
    while not is_done():
        now = time.monotonic()
        faults = collect_faults()
        # A fault that went away and came back counts as new.
        first_seen = {fault.subject: first_seen.get(fault.subject, now) for fault in faults}
        final = [fault for fault in faults if now - first_seen[fault.subject] >= fault.patience]
        if final:
            raise _build_error(f"{name} cannot start.", final)
        if now - started > seconds:
            raise _build_error(f"{name} was not {goal} in {seconds:g} s.", faults)
        time.sleep(pause)


def _build_error(what: str, faults: list[PodFault]) -> ServiceNotReady:
    texts = dict.fromkeys(fault.text for fault in faults) or {"Kubernetes gives no reason.": None}
    remedies = dict.fromkeys(fault.remedy for fault in faults if fault.remedy) or {"Correct this.": None}
    return ServiceNotReady(f"{what} {' '.join(texts)}", " ".join((*remedies, _REMEDY)))


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
    deployment = _get_deployment(cluster, resource)
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


def _collect_faults(cluster: KubernetesClient, resource: Object) -> list[PodFault]:
    """Return why the pods of a service do not run."""
    deployment = _get_deployment(cluster, resource)
    faults = [] if deployment is None else collect_deployment_faults(deployment)
    for pod in _list_pods(cluster, resource):
        events = [] if has_started(pod) else cluster.list_pod_events(pod["metadata"]["name"])
        faults += collect_pod_faults(pod, events)
    return faults


def _get_deployment(cluster: KubernetesClient, resource: Object) -> Object | None:
    """Return the Deployment of the newest pods; None if there is none yet."""
    if not resource:
        return None
    if not _is_knative(resource):
        return cluster.get("Deployment", f"{resource['metadata']['name']}-predictor")
    created = _get_predictor(resource).get("latestCreatedRevision")
    return cluster.get("Deployment", f"{created}-deployment") if created else None


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
