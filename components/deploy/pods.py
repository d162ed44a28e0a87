"""The reasons in the pods' status why they do not run."""

from collections.abc import Iterable, Iterator
from typing import Any

from components.deploy.objects import Object

# Reasons that do not go away by waiting.
_FINAL_REASONS = {
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
_LONGEST = 500


def collect_pod_faults(pods: Iterable[Object]) -> list[str]:
    """Return why pods cannot run, from their status; empty while they may still start.

    Parameters
    ----------
    pods : iterable of dict
        Pods in Kubernetes' form.
    """
    return [text for pod in pods for text, is_final in _iterate_messages(pod) if is_final]


def collect_pod_messages(pods: Iterable[Object]) -> list[str]:
    """Return what pods wait for, from their status."""
    return [text for pod in pods for text, _ in _iterate_messages(pod)]


def _iterate_messages(pod: Object) -> Iterator[tuple[str, bool]]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield f"{name} has no node: {condition.get('message', condition.get('reason', ''))}", False
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting")
        ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get(
            "terminated"
        )
        has_failed = bool(ended and ended.get("exitCode"))
        if waiting and waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            details = _describe_exit(ended) if has_failed else waiting.get("message", "")
            yield (
                _format_message(name, container, waiting["reason"], details),
                waiting["reason"] in _FINAL_REASONS,
            )
        elif has_failed and not waiting:
            yield _format_message(name, container, ended.get("reason", "Error"), _describe_exit(ended)), False


def _format_message(pod: str, container: dict[str, Any], reason: str, details: str) -> str:
    return f"{pod}, container {container['name']}: {reason}{f': {details}' if details else ''}"


def _describe_exit(ended: dict[str, Any]) -> str:
    if ended.get("reason") == "OOMKilled":
        return "it needed more than its memory. Raise memory"
    # The cause is at the end of a log.
    message = str(ended.get("message") or "").strip()
    return message[-_LONGEST:] or f"exit status {ended.get('exitCode')}"
