"""Pods that try which addresses they reach, and pods that listen."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelines.image_names import ImageNames
from tests.cluster.kubectl import Kubectl, wait_for
from tests.cluster.pods import make_pod, wait_until_ended
from tests.cluster.runs import PREFIX

# Tries each address for three seconds, and prints which answered. What enforces network policies may learn of
# a new pod some seconds after it has started.
_PROBE = """
import json, os, socket, sys, time
time.sleep(10)
reached = []
for address in sys.argv[1:]:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
        reached.append(address)
    except OSError:
        pass
print(json.dumps({"user": os.getuid(), "reached": reached}))
"""
_PORT = 8080
_LISTENING = "Serving HTTP"
_SECONDS = 180


class Probe(NamedTuple):
    """A pod that tries addresses.

    Attributes
    ----------
    namespace : str
        Its namespace.
    labels : dict of str to str
        Its labels.
    targets : list of str
        The addresses, as host:port.
    """

    namespace: str
    labels: dict[str, str]
    targets: list[str]


def run_probes(kubectl: Kubectl, probes: Mapping[str, Probe]) -> dict[str, Any]:
    """Return what each pod printed, by its name: the user that it ran as, and what it reached."""
    for name, probe in probes.items():
        command = ["python3", "-c", _PROBE, *probe.targets]
        _start_pod(kubectl, name, probe.namespace, probe.labels, command)
    found = {}
    for name, probe in probes.items():
        pod = f"{PREFIX}-{name}"
        found[name] = json.loads(wait_until_ended(kubectl, pod, probe.namespace))
        kubectl.run("delete", "pod", pod, "--namespace", probe.namespace, "--wait=false")
    return found


def start_listener(kubectl: Kubectl, name: str, namespace: str, labels: dict[str, str]) -> str:
    """Start a pod that listens, and return its address as host:port."""
    pod = f"{PREFIX}-{name}"
    _start_pod(kubectl, name, namespace, labels, ["python3", "-u", "-m", "http.server", str(_PORT)])

    def find_address() -> str:
        status = kubectl.get("pod", pod, namespace)["status"]
        if status.get("phase") != "Running":
            return ""
        is_listening = _LISTENING in kubectl.run("logs", pod, "--namespace", namespace)
        return f"{status['podIP']}:{_PORT}" if is_listening else ""

    return wait_for(find_address, _SECONDS, f"{pod} listens")


def _start_pod(
    kubectl: Kubectl, name: str, namespace: str, labels: dict[str, str], command: list[str]
) -> None:
    image = ImageNames.choose().name_image("ingest")
    kubectl.run("delete", "pod", f"{PREFIX}-{name}", "--namespace", namespace, "--ignore-not-found")
    kubectl.apply(make_pod(name, namespace, labels, image, command))
