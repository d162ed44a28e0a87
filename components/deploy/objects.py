"""The objects of a service, as they are applied: what is in them is ours, and nothing else is."""

import re
from dataclasses import dataclass
from typing import Any

from components.deploy.settings import Settings

Object = dict[str, Any]

FORMAT = "kfp-tabular"
ACCOUNT = "kfp-tabular-serving"
HTTP_PORT, GRPC_PORT = 8080, 8081
_SERVING, _RUNTIMES = "serving.kserve.io/v1beta1", "serving.kserve.io/v1alpha1"
# What a server that drains takes at most, and some more.
_GRACE = 45
# The one place that a server may write to, an empty volume.
_SCRATCH = "/tmp"  # noqa: S108


@dataclass(frozen=True)
class Release:
    """What is to be served.

    Attributes
    ----------
    model : str
        Name of the model, in the registry.
    version : str
        Its version there, or what else tells it from others.
    uri : str
        Where its folder is, s3:// and so on.
    image : str
        The server's image, of the versions that trained it.
    """

    model: str
    version: str
    uri: str
    image: str

    @property
    def runtime(self) -> str:
        """Name of the runtime, one for each image, so that no other service changes with it."""
        tag = re.sub("[^a-z0-9]+", "-", self.image.rpartition("@")[2].rpartition(":")[2].lower())
        return f"{FORMAT}-{tag.strip('-')[:40].rstrip('-')}"


def labels(service: str) -> dict[str, str]:
    """Return the labels of a service's objects, by which policies find its pods."""
    return {
        "app.kubernetes.io/name": service,
        "app.kubernetes.io/part-of": "kfp-tabular",
        "app.kubernetes.io/component": "serve",
    }


def runtime(release: Release) -> Object:
    """Return the ServingRuntime that serves models of the image's versions."""
    probe = {"port": HTTP_PORT, "scheme": "HTTP"}
    return {
        "apiVersion": _RUNTIMES,
        "kind": "ServingRuntime",
        "metadata": {
            "name": release.runtime,
            "labels": {name: value for name, value in labels(FORMAT).items() if not name.endswith("/name")},
        },
        "spec": {
            "annotations": {
                "prometheus.kserve.io/port": str(HTTP_PORT),
                "prometheus.kserve.io/path": "/metrics",
            },
            # Of another kind than KServe's own, and never chosen for models that do not name it.
            "supportedModelFormats": [{"name": FORMAT, "autoSelect": False}],
            "protocolVersions": ["v1", "v2", "grpc-v2"],
            "containers": [
                {
                    "name": "kserve-container",
                    "image": release.image,
                    "command": ["python3", "-m", "components.serve"],
                    "args": [
                        "--model_dir=/mnt/models",
                        f"--http_port={HTTP_PORT}",
                        f"--grpc_port={GRPC_PORT}",
                    ],
                    "ports": [{"containerPort": HTTP_PORT, "protocol": "TCP"}],
                    "env": [{"name": "HOME", "value": _SCRATCH}],
                    "securityContext": {
                        "runAsNonRoot": True,
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "startupProbe": {
                        "httpGet": {"path": "/v2/health/live", **probe},
                        "periodSeconds": 2,
                        "failureThreshold": 60,
                    },
                    "readinessProbe": {"httpGet": {"path": "/v2/health/ready", **probe}, "periodSeconds": 5},
                    "livenessProbe": {"httpGet": {"path": "/v2/health/live", **probe}, "periodSeconds": 10},
                    # So that a server that refuses a model says why where the deploy step reads it.
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    "volumeMounts": [{"name": "tmp", "mountPath": _SCRATCH}],
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }


def inference_service(
    service: str, release: Release, settings: Settings, canary_percent: int | None = None
) -> Object:
    """Return the InferenceService of a release.

    Parameters
    ----------
    service : str
        Its name.
    release : Release
        What it serves.
    settings : Settings
        In which mode, and on how many pods.
    canary_percent : int or None
        Per cent of requests for this release while an earlier one gets the others, in the mode Knative; None
        for all.
    """
    is_knative = settings.mode == "Knative"
    resources = {"cpu": settings.cpu, "memory": settings.memory}
    predictor: Object = {
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": False,
        "minReplicas": settings.min_replicas,
        "maxReplicas": settings.max_replicas,
        "terminationGracePeriodSeconds": _GRACE,
        "model": {
            "modelFormat": {"name": FORMAT},
            "runtime": release.runtime,
            "protocolVersion": "v2",
            "storageUri": release.uri,
            "args": [f"--model_name={service}", f"--model_version={release.version}"],
            "resources": {"requests": resources, "limits": resources},
        },
    }
    if is_knative:
        predictor |= {"scaleMetric": "rps", "scaleTarget": settings.requests_per_second}
        # Knative takes it from the pods' own settings, and refuses it here.
        del predictor["terminationGracePeriodSeconds"]
    if canary_percent is not None:
        predictor["canaryTrafficPercent"] = canary_percent
    annotations = {
        "serving.kserve.io/deploymentMode": settings.mode,
        "serving.kserve.io/enable-prometheus-scraping": "true",
        **(
            {"serving.kserve.io/enable-tag-routing": "true"}
            if is_knative
            else {"serving.kserve.io/autoscalerClass": "hpa"}
        ),
    }
    return {
        "apiVersion": _SERVING,
        "kind": "InferenceService",
        "metadata": {"name": service, "labels": labels(service), "annotations": annotations},
        "spec": {"predictor": predictor},
    }


def route(service: str, settings: Settings, backends: list[tuple[str, int]]) -> Object:
    """Return the HTTPRoute that shares requests among services.

    Parameters
    ----------
    service : str
        Name of the route.
    settings : Settings
        The Gateway, and the host.
    backends : list of tuple of str and int
        Services of Kubernetes, and per cent of the requests.
    """
    namespace, _, name = settings.gateway.partition("/")
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": f"{service}-rollout", "labels": labels(service)},
        "spec": {
            "parentRefs": [{"name": name, "namespace": namespace}],
            "hostnames": [settings.host],
            "rules": [
                {"backendRefs": [{"name": of, "port": 80, "weight": percent} for of, percent in backends]}
            ],
        },
    }
