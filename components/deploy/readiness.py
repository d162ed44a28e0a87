"""Waiting until a service is ready, and saying why where it will not be."""

import time
from collections.abc import Callable
from typing import Any

from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.objects import Object
from components.deploy.pods import collect_pod_faults, collect_pod_messages
from components.errors import SuiteError

_PAUSE = 2.0
_SERVICE_OF_POD = "serving.kserve.io/inferenceservice"
_REVISION_OF_POD = "serving.knative.dev/revision"
_REMEDY = "Mend what it says, then run this stage again; requests are answered as before."


class ServiceNotReady(SuiteError):
    """A service did not become ready."""


def wait_until_ready(
    cluster: KubernetesClient, service: str, seconds: float, pause: float = _PAUSE
) -> Object:
    """Wait until the pods of a service as it was last applied are ready; returns the service.

    Parameters
    ----------
    cluster : Cluster
        Where it is.
    service : str
        Name of the InferenceService.
    seconds : float
        For how long at most.
    pause : float
        Seconds between two looks.

    Raises
    ------
    NotReady
        Its pods cannot run, or were not ready in time; with their own words.
    """
    found: Object = {}

    def is_ready() -> bool:
        nonlocal found
        found = cluster.get("InferenceService", service) or {}
        return _is_ready(found) and _is_rolled_out(cluster, found)

    def collect_reasons(is_final: bool) -> list[str]:
        pods = _list_pods(cluster, found)
        failure = found.get("status", {}).get("modelStatus", {})
        told = (collect_pod_faults if is_final else collect_pod_messages)(pods)
        if not told and (not is_final or failure.get("transitionStatus") == "InvalidSpec"):
            told = _collect_conditions(found)
        return told

    _wait(is_ready, collect_reasons, service, seconds, pause)
    return found


def wait_until_gone(
    cluster: KubernetesClient, kind: str, name: str, seconds: float, pause: float = _PAUSE
) -> None:
    """Wait until an object is no longer there.

    Raises
    ------
    NotReady
        It still is.
    """

    def is_gone() -> bool:
        return cluster.get(kind, name) is None

    _wait(is_gone, lambda is_final: [] if is_final else [f"the {kind} is still there"], name, seconds, pause)


def list_current_pods(cluster: KubernetesClient, found: Object) -> list[Object]:
    """Return the pods of a service as it was last applied, without those that it replaces."""
    return [pod for pod in _list_pods(cluster, found) if "deletionTimestamp" not in pod["metadata"]]


def _wait(
    is_done: Callable[[], bool],
    why: Callable[[bool], list[str]],
    name: str,
    seconds: float,
    pause: float,
) -> None:
    end = time.monotonic() + seconds
    while not is_done():
        if told := why(True):
            raise ServiceNotReady(f"{name} cannot start. {' '.join(dict.fromkeys(told))}", _REMEDY)
        if time.monotonic() > end:
            told = why(False) or ["Nothing says why."]
            raise ServiceNotReady(
                f"{name} was not ready in {seconds:g} s. {' '.join(dict.fromkeys(told))}", _REMEDY
            )
        time.sleep(pause)


def _is_ready(found: Object) -> bool:
    status = found.get("status", {})
    conditions = {of["type"]: of["status"] for of in status.get("conditions", [])}
    # Without the generation it would be what was applied before that is ready.
    is_seen = status.get("observedGeneration", 0) >= found.get("metadata", {}).get("generation", 1)
    return is_seen and conditions.get("Ready") == "True"


def _is_rolled_out(cluster: KubernetesClient, found: Object) -> bool:
    """Return whether the new pods are there, and not only the old ones, which count as ready too."""
    if _is_knative(found):
        predictor = _get_predictor(found)
        created = predictor.get("latestCreatedRevision")
        return created is not None and created == predictor.get("latestReadyRevision")
    deployment = cluster.get("Deployment", f"{found['metadata']['name']}-predictor")
    if deployment is None:
        return False
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    is_rolled_out: bool = (
        status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
        and status.get("updatedReplicas", 0) >= wanted
        and status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and status.get("availableReplicas", 0) >= wanted
    )
    return is_rolled_out


def _list_pods(cluster: KubernetesClient, found: Object) -> list[Object]:
    if not found:
        return []
    selector = {_SERVICE_OF_POD: found["metadata"]["name"]}
    if _is_knative(found) and (created := _get_predictor(found).get("latestCreatedRevision")):
        selector[_REVISION_OF_POD] = created
    return cluster.list_pods(selector)


def _is_knative(found: Object) -> bool:
    return bool(found["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative")


def _get_predictor(found: Object) -> dict[str, Any]:
    predictor: dict[str, Any] = found.get("status", {}).get("components", {}).get("predictor", {})
    return predictor


def _collect_conditions(found: Object) -> list[str]:
    told = [
        f"{of['type']}: {of.get('message') or of.get('reason')}."
        for of in found.get("status", {}).get("conditions", [])
        if of["status"] != "True" and (of.get("message") or of.get("reason"))
    ]
    failure = found.get("status", {}).get("modelStatus", {}).get("lastFailureInfo", {})
    return told + ([str(failure["message"])] if failure.get("message") else [])
