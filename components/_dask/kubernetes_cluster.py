"""A Dask cluster in Kubernetes for one task of a run, which the Dask operator starts."""

import secrets
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from components._dask.dask_cluster import PORT, build_dask_cluster, count_processes, get_stage
from components._dask.failures import WorkersFailed
from components._kubernetes.client import KubernetesClient, KubernetesError, Object
from components.causes import STARTING, explain_waiting
from components.environment import Environment

_MANAGER = "kfp-tabular-dask"
_KIND = "DaskCluster"
_REMEDIES = {
    403: "Start the run with --service-account kfp-tabular, and apply manifests/components/dask, which gives "
    "that account the right; see docs/cluster.md. engine=local works without it.",
    404: "Install the Dask operator; see docs/cluster.md. engine=local works without it.",
}
# An operator that runs takes note of an object within seconds.
_OPERATOR_SECONDS = 60.0
# A node may first have to be added, and pull the image.
_START_SECONDS = 600.0
_PAUSE = 1.0
_CONNECT_SECONDS = 2.0


class StartedCluster(NamedTuple):
    """A scheduler that answers.

    Attributes
    ----------
    scheduler : str
        Its address.
    n_workers : int
        Number of workers that are to come.
    """

    scheduler: str
    n_workers: int


@contextmanager
def open_dask_cluster(
    environment: Environment, n_pods: int, settings: Mapping[str, object]
) -> Iterator[StartedCluster]:
    """Start a Dask cluster for the task of this pod, and delete it at the end.

    Parameters
    ----------
    environment : Environment
        Has this pod's name and where the workers find artifacts.
    n_pods : int
        Number of worker pods.
    settings : mapping
        Settings of Dask for the scheduler and the workers.

    Raises
    ------
    KubernetesError
        Kubernetes does not answer, or refuses the cluster.
    WorkersFailed
        The operator does not run, or the scheduler does not start.
    """
    kubernetes = KubernetesClient.from_config(_MANAGER, _REMEDIES)
    pod = kubernetes.get("Pod", environment.pod or "")
    if pod is None:
        raise WorkersFailed.from_unknown_pod(environment.pod or "", kubernetes.namespace)
    name = f"{get_stage(pod)}-{secrets.token_hex(5)}"
    kubernetes.apply(build_dask_cluster(name, pod, n_pods, environment, settings))
    try:
        _wait_for_scheduler(kubernetes, name)
        address = f"tcp://{_name_host(kubernetes, name)}:{PORT}"
        yield StartedCluster(address, n_pods * count_processes(pod))
    finally:
        _delete(kubernetes, name)


def _wait_for_scheduler(kubernetes: KubernetesClient, name: str) -> None:
    started = time.monotonic()
    while not _can_connect(_name_host(kubernetes, name)):
        waited = time.monotonic() - started
        if waited > _OPERATOR_SECONDS and not _has_operator(kubernetes, name):
            raise WorkersFailed.from_no_operator(name, kubernetes.namespace, waited)
        if waited > _START_SECONDS:
            raise WorkersFailed.from_no_start(name, waited, _explain_pods(kubernetes, name))
        time.sleep(_PAUSE)


def _has_operator(kubernetes: KubernetesClient, name: str) -> bool:
    """Return whether the operator has taken note of a cluster."""
    found = kubernetes.get(_KIND, name)
    return found is not None and "phase" in found.get("status", {})


def _name_host(kubernetes: KubernetesClient, name: str) -> str:
    """Return the host name of the Service that the operator makes for a scheduler."""
    return f"{name}-scheduler.{kubernetes.namespace}"


def _can_connect(host: str) -> bool:
    try:
        with socket.create_connection((host, PORT), timeout=_CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _explain_pods(kubernetes: KubernetesClient, name: str) -> str:
    """Return why the pods of a cluster do not run, in words."""
    for pod in kubernetes.list_pods({"dask.org/cluster-name": name}):
        for message in _list_messages(pod):
            return explain_waiting(message, "").what
    return f"kubectl describe daskcluster {name} shows why"


def _list_messages(pod: Object) -> Iterator[str]:
    """Yield what Kubernetes says of a pod that waits, as ``Reason: message``."""
    status = pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{condition.get('reason', '')}: {condition.get('message', '')}"
    for container in status.get("containerStatuses", []):
        waiting = container["state"].get("waiting", {})
        if waiting.get("reason", "") not in STARTING:
            yield f"{waiting['reason']}: {waiting.get('message', '')}"


def _delete(kubernetes: KubernetesClient, name: str) -> None:
    """Delete a cluster; if that fails, its idle time or the end of the pod deletes it."""
    try:
        kubernetes.delete(_KIND, name)
    except KubernetesError as error:
        sys.stderr.write(f"note: the DaskCluster {name} was not deleted, and ends by itself: {error.what}\n")
