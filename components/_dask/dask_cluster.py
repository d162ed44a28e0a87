"""A DaskCluster: the Dask operator's object for a scheduler and its workers, in pods like that of a stage.

Source: https://kubernetes.dask.org/en/latest/operator_resources.html
"""

from collections.abc import Mapping
from typing import Any

from components._kubernetes.client import Object
from components.causes import parse_quantity
from components.environment import Environment

PORT, _HTTP_PORT = 8786, 8787
# Label of the pods, by which network policies select them.
COMPONENT, DASK = "app.kubernetes.io/component", "dask"
# A cluster whose stage ended without deleting it has no work for so long. Between two passes over a table, a
# stage computes for seconds.
IDLE_SECONDS = 300
# Argo's name for the container of a task's program.
_MAIN = "main"
# What workers take over from the stage's pod, besides its image and resources.
_PLACEMENT = (
    "serviceAccountName",
    "imagePullSecrets",
    "nodeSelector",
    "tolerations",
    "affinity",
    "priorityClassName",
)
_RUN, _PART_OF = "pipeline/runid", "app.kubernetes.io/part-of"
# Kubeflow's names for the keys of its object storage, in its Secret.
_KEYS = {"AWS_ACCESS_KEY_ID": "accesskey", "AWS_SECRET_ACCESS_KEY": "secretkey"}
# The operator asks the scheduler by HTTP how long it has been idle.
_SCHEDULER_SETTINGS = {
    "distributed.scheduler.http.routes": ["distributed.http.health", "distributed.http.scheduler.api"]
}
# A scheduler keeps a kilobyte of each call, and passes results of some megabytes on.
_SCHEDULER_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "512Mi"},
    "limits": {"cpu": "1", "memory": "2Gi"},
}
# The process that watches over the workers of a pod.
_NANNY_BYTES = 150_000_000
# The restricted pod security standard
# (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted).
_POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
_CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def build_dask_cluster(
    name: str, pod: Object, n_workers: int, environment: Environment, settings: Mapping[str, object]
) -> Object:
    """Return a DaskCluster whose workers are like the pod of a stage.

    Kubernetes deletes it with the pod, and the operator if it has been idle for ``IDLE_SECONDS``.

    Parameters
    ----------
    name : str
        Its name, of at most 53 characters.
    pod : dict
        The pod of the stage.
    n_workers : int
        Number of worker pods, each with ``count_processes`` workers of one thread.
    environment : Environment
        Where the workers find the artifacts of the run. Of credentials, the object only names the Secret.
    settings : mapping
        Settings of Dask, for the scheduler and the workers.
    """
    labels = pod["metadata"].get("labels", {})
    resources = _get_main(pod).get("resources", {})
    scheduler = _build_container(pod, "scheduler", _SCHEDULER_RESOURCES, {**settings, **_SCHEDULER_SETTINGS})
    scheduler["args"] = [f"--port={PORT}", f"--dashboard-address=:{_HTTP_PORT}"]
    scheduler["ports"] = [
        {"name": "tcp-comm", "containerPort": PORT},
        {"name": "http-dashboard", "containerPort": _HTTP_PORT},
    ]
    # The definitions of the operator take no number where a name may stand.
    scheduler["readinessProbe"] = {
        "httpGet": {"path": "/health", "port": "http-dashboard"},
        "periodSeconds": 2,
    }
    worker = _build_container(pod, "worker", resources, settings)
    worker["args"] = [
        "--name=$(DASK_WORKER_NAME)",
        f"--nworkers={count_processes(pod)}",
        "--nthreads=1",
        *_limit_memory(resources, count_processes(pod)),
        "--no-dashboard",
        "--local-directory=/tmp",
        "--death-timeout=60",
    ]
    worker["env"] += _list_storage_variables(environment)
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {
            "name": name,
            "labels": {
                _PART_OF: "kfp-tabular",
                COMPONENT: DASK,
                **{key: labels[key] for key in (_RUN,) if key in labels},
            },
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                }
            ],
        },
        "spec": {
            "idleTimeout": IDLE_SECONDS,
            "scheduler": {"spec": _build_pod(pod, scheduler), "service": _build_service(name)},
            "worker": {"replicas": n_workers, "spec": _build_pod(pod, worker)},
        },
    }


def get_stage(pod: Object) -> str:
    """Return the name of the stage whose pod this is."""
    return str(pod["metadata"].get("labels", {}).get(COMPONENT, "stage"))


def count_processes(pod: Object) -> int:
    """Return how many workers a pod like that of a stage has: one for each of its processors, at least 1."""
    limits = _get_main(pod).get("resources", {}).get("limits", {})
    return max(1, int(parse_quantity(limits.get("cpu", "1"))))


def _limit_memory(resources: Object, n_processes: int) -> list[str]:
    """Return the option of a worker for its share of the pod's memory, and spills more to disk."""
    memory = resources.get("limits", {}).get("memory")
    if memory is None:
        return []
    return [f"--memory-limit={int(parse_quantity(memory) - _NANNY_BYTES) // n_processes}"]


def _get_main(pod: Object) -> Object:
    containers: list[Object] = pod["spec"]["containers"]
    return next((each for each in containers if each["name"] == _MAIN), containers[0])


def _build_pod(pod: Object, container: Object) -> Object:
    return {
        **{key: pod["spec"][key] for key in _PLACEMENT if key in pod["spec"]},
        # A worker asks Kubernetes for nothing.
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _POD_SECURITY,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _build_container(pod: Object, role: str, resources: Object, settings: Mapping[str, object]) -> Object:
    image = {key: value for key, value in _get_main(pod).items() if key in ("image", "imagePullPolicy")}
    return {
        "name": role,
        **image,
        "command": ["python", "-m", f"distributed.cli.dask_{role}"],
        "env": [{"name": _name_variable(key), "value": str(value)} for key, value in settings.items()],
        "resources": resources,
        "securityContext": _CONTAINER_SECURITY,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }


def _build_service(name: str) -> Object:
    ports = {"tcp-comm": PORT, "http-dashboard": _HTTP_PORT}
    return {
        "type": "ClusterIP",
        "selector": {"dask.org/cluster-name": name, "dask.org/component": "scheduler"},
        "ports": [
            {"name": purpose, "protocol": "TCP", "port": port, "targetPort": purpose}
            for purpose, port in ports.items()
        ],
    }


def _list_storage_variables(environment: Environment) -> list[dict[str, Any]]:
    """Return the variables by which a worker reads artifacts; without a Secret, by the role of its pod."""
    given = {"AWS_ENDPOINT_URL": environment.dask_artifacts_endpoint, "AWS_REGION": environment.s3_region}
    variables: list[dict[str, Any]] = [
        {"name": name, "value": value} for name, value in given.items() if value is not None
    ]
    if environment.dask_artifacts_secret is not None:
        variables += [
            {
                "name": name,
                "valueFrom": {"secretKeyRef": {"name": environment.dask_artifacts_secret, "key": key}},
            }
            for name, key in _KEYS.items()
        ]
    return variables


def _name_variable(setting: str) -> str:
    """Return the environment variable of a setting.

    Source: https://docs.dask.org/en/stable/configuration.html#environment-variables
    """
    return f"DASK_{setting.replace('.', '__').replace('-', '_').upper()}"
