"""What pods say of why they do not run."""

from collections.abc import Iterable, Iterator
from typing import Any

from components.deploy.objects import Object

# Reasons for which waiting helps nobody.
_FOR_GOOD = {
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
    """Return why pods will not run, in their own words; empty while they may still.

    Parameters
    ----------
    pods : iterable of dict
        Pods as Kubernetes shows them.
    """
    return [text for pod in pods for text, is_final in _iterate_messages(pod) if is_final]


def collect_pod_messages(pods: Iterable[Object]) -> list[str]:
    """Return what pods wait for, in their own words."""
    return [text for pod in pods for text, _ in _iterate_messages(pod)]


def _iterate_messages(pod: Object) -> Iterator[tuple[str, bool]]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield f"{name} finds no node: {condition.get('message', condition.get('reason', ''))}", False
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting")
        ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get(
            "terminated"
        )
        is_over = bool(ended and ended.get("exitCode"))
        if waiting and waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            words = _describe_exit(ended) if is_over else waiting.get("message", "")
            yield _format_message(name, container, waiting["reason"], words), waiting["reason"] in _FOR_GOOD
        elif is_over and not waiting:
            yield _format_message(name, container, ended.get("reason", "Error"), _describe_exit(ended)), False


def _format_message(pod: str, container: dict[str, Any], reason: str, words: str) -> str:
    return f"{pod}, container {container['name']}: {reason}{f': {words}' if words else ''}"


def _describe_exit(ended: dict[str, Any]) -> str:
    said = str(ended.get("message") or "").strip()
    if ended.get("reason") == "OOMKilled":
        return "it used more than its memory. Give it more: memory"
    # The end of a log tells the cause.
    return said[-_LONGEST:] or f"exit status {ended.get('exitCode')}"
