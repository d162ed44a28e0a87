"""The reasons why pods do not run, from their status, their Deployment and their events."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from components._kubernetes.client import Object

# Pods of what was applied before may still be there, with their faults.
SETTLE_SECONDS = 10.0
# A node or quota may still become free, and a Secret may still be created. A rollout must end within two
# minutes of the cause.
_PATIENCE_SECONDS = 90.0
# Reasons that do not go away by waiting, and what to do.
_IMAGE = "Check the image's name, and whether the cluster's nodes may pull it."
_CONFIGURATION = "Create the Secret or ConfigMap that the ServingRuntime names."
_LOGS = "See the logs of the service's pods."
_FINAL_REASONS = {
    "CrashLoopBackOff": _LOGS,
    "ImagePullBackOff": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "CreateContainerConfigError": _CONFIGURATION,
    "CreateContainerError": _LOGS,
    "RunContainerError": _LOGS,
}
_NOT_STARTED = (None, "PodInitializing", "ContainerCreating")
# Events of the cluster autoscaler and of Karpenter: a node is on its way.
_SCALING_EVENTS = {"TriggeredScaleUp", "Nominated"}
_LONGEST = 500


class PodFault(NamedTuple):
    """Why a pod does not run.

    Attributes
    ----------
    subject : str
        What the fault is about; it stays the same while the text changes.
    text : str
        The reason.
    remedy : str
        What to do about it; empty if nobody knows.
    patience : float
        Seconds after which waiting is in vain; infinity for never.
    """

    subject: str
    text: str
    remedy: str
    patience: float


def collect_pod_faults(pod: Object, events: Sequence[Object]) -> list[PodFault]:
    """Return why a pod does not run; empty while it starts or runs.

    Parameters
    ----------
    pod : dict
        A pod in Kubernetes' form.
    events : sequence of dict
        Its events; only those of a pod without a running container matter.
    """
    return [*_find_node_fault(pod, events), *_find_mount_fault(pod, events), *_find_container_faults(pod)]


def collect_deployment_faults(deployment: Object) -> list[PodFault]:
    """Return why Kubernetes does not create a Deployment's pods, such as a quota.

    Source: the condition ReplicaFailure, which the Deployment takes over from its ReplicaSet.
    """
    return [
        PodFault(
            "ReplicaFailure",
            f"Kubernetes refuses its pods: {condition.get('message', condition.get('reason', ''))}.",
            "If a quota is exceeded, raise it, or ask for less (cpu_request, cpu_limit, memory). If the "
            "service account is missing, apply manifests/base/serving.",
            _PATIENCE_SECONDS,
        )
        for condition in deployment.get("status", {}).get("conditions", [])
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True"
    ]


def has_started(pod: Object) -> bool:
    """Return whether any container of a pod has run, so that its events do not matter."""
    return any(
        "running" in container.get("state", {}) or "terminated" in container.get("state", {})
        for container in _list_containers(pod)
    )


def _find_node_fault(pod: Object, events: Sequence[Object]) -> Iterator[PodFault]:
    name = pod["metadata"]["name"]
    for condition in pod.get("status", {}).get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            text = f"{name} has no node: {condition.get('message', condition.get('reason', ''))}"
            is_scaling = any(event.get("reason") in _SCALING_EVENTS for event in events)
            yield PodFault(
                f"{name} node",
                f"{text} The cluster is adding a node." if is_scaling else text,
                "Ask for less (cpu_request, memory), or add a node.",
                math.inf if is_scaling else _PATIENCE_SECONDS,
            )


def _find_mount_fault(pod: Object, events: Sequence[Object]) -> Iterator[PodFault]:
    name = pod["metadata"]["name"]
    if has_started(pod):
        return
    for event in events:
        message = str(event.get("message", ""))
        if event.get("reason") == "FailedMount" and "not found" in message:
            yield PodFault(f"{name} mount", f"{name}: {message}", _CONFIGURATION, _PATIENCE_SECONDS)
            return


def _find_container_faults(pod: Object) -> Iterator[PodFault]:
    name = pod["metadata"]["name"]
    for container in _list_containers(pod):
        subject = f"{name}, container {container['name']}"
        waiting = container.get("state", {}).get("waiting")
        ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get(
            "terminated"
        )
        has_failed = bool(ended and ended.get("exitCode"))
        if waiting and waiting.get("reason") not in _NOT_STARTED:
            reason = waiting["reason"]
            details = _describe_exit(ended) if has_failed else waiting.get("message", "")
            remedy = (
                "Raise memory." if has_failed and _is_out_of_memory(ended) else _FINAL_REASONS.get(reason, "")
            )
            patience = SETTLE_SECONDS if reason in _FINAL_REASONS else math.inf
            yield PodFault(subject, _format_message(subject, reason, details), remedy, patience)
        elif has_failed and not waiting:
            text = _format_message(subject, ended.get("reason", "Error"), _describe_exit(ended))
            yield PodFault(subject, text, _LOGS, math.inf)


def _list_containers(pod: Object) -> Iterable[dict[str, Any]]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def _format_message(subject: str, reason: str, details: str) -> str:
    return f"{subject}: {reason}{f': {details}' if details else ''}"


def _is_out_of_memory(ended: dict[str, Any]) -> bool:
    return ended.get("reason") == "OOMKilled"


def _describe_exit(ended: dict[str, Any]) -> str:
    if _is_out_of_memory(ended):
        return "it needed more than its memory"
    # The cause is at the end of a log.
    message = str(ended.get("message") or "").strip()
    return message[-_LONGEST:] or f"exit status {ended.get('exitCode')}"
