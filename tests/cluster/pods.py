"""Pods that tests start themselves."""

from collections.abc import Sequence
from typing import Any

from tests.cluster.kubectl import Kubectl, Object, wait_for
from tests.cluster.runs import PREFIX


def make_pod(
    name: str, namespace: str, labels: dict[str, str], image: str, command: Sequence[str], **spec: Any
) -> Object:
    """Return a pod that runs a command once.

    Parameters
    ----------
    name : str
        Its name, after the prefix of all tests.
    **spec : object
        What else its specification says.
    """
    container: dict[str, Any] = {
        "name": "main",
        "image": image,
        "command": list(command),
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{PREFIX}-{name}", "namespace": namespace, "labels": labels},
        "spec": {"restartPolicy": "Never", "containers": [container], **spec},
    }


def wait_until_ended(kubectl: Kubectl, pod: str, namespace: str) -> str:
    """Return what a pod printed, when it has ended."""

    def has_ended() -> bool:
        return kubectl.get("pod", pod, namespace)["status"].get("phase") in ("Succeeded", "Failed")

    wait_for(has_ended, 180, f"{pod} ended")
    return kubectl.run("logs", pod, "--namespace", namespace)
