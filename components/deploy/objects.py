"""The Kubernetes objects of a service, with the fields that deploy owns."""

import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import quote

from components._kubernetes.client import Object
from components.deploy.settings import Settings, parse_quantity

FORMAT = "kfp-tabular"
# Owner of the fields that we apply, and label of our objects.
MANAGER = "kfp-tabular-deploy"
MANAGED_BY = "app.kubernetes.io/managed-by"
ACCOUNT = "kfp-tabular-serving"
# The platform defines how a server starts, in manifests/base/serving.
TEMPLATE = "kfp-tabular"
CONTAINER = "kserve-container"
HTTP_PORT = 8080
_SERVING, _RUNTIMES = "serving.kserve.io/v1beta1", "serving.kserve.io/v1alpha1"
# Longer than a server takes to drain.
_GRACE_SECONDS = 45
# Without Knative, a pod is added when the pods use more than this share of their cpu_limit, in per cent.
_CPU_TARGET = 70


@dataclass(frozen=True)
class Release:
    """A model version with its ServingRuntime.

    Attributes
    ----------
    model : str
        Name in the registry.
    version : str
        The version's number.
    uri : str
        Address of the model folder, such as s3://bucket/folder.
    runtime : str
        The ServingRuntime that serves it.
    """

    model: str
    version: str
    uri: str
    runtime: str


@dataclass(frozen=True)
class ServiceSpec:
    """What a service serves, and how.

    Attributes
    ----------
    release : Release
        The release.
    settings : Settings
        Mode, replicas, resources and Gateway.
    """

    release: Release
    settings: Settings


def build_labels(service: str) -> dict[str, str]:
    """Return the labels of a service's objects, by which network policies select its pods."""
    return {
        "app.kubernetes.io/name": service,
        "app.kubernetes.io/part-of": "kfp-tabular",
        "app.kubernetes.io/component": "serve",
        MANAGED_BY: MANAGER,
    }


def build_runtime(template: Object, image: str) -> Object:
    """Return the ServingRuntime that starts an image by a template.

    Its name depends on both, so that a change of either creates another one and running services do not
    change.

    Parameters
    ----------
    template : dict
        The namespace's ServingRuntime.
    image : str
        The server's image, with the library versions of the training.
    """
    spec = json.loads(json.dumps(template["spec"]))
    for container in spec["containers"]:
        if container["name"] == CONTAINER:
            container["image"] = image
    content = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:10]
    tag = re.sub("[^a-z0-9]+", "-", image.rpartition("@")[2].rpartition(":")[2].lower())
    return {
        "apiVersion": _RUNTIMES,
        "kind": "ServingRuntime",
        "metadata": {
            "name": f"{TEMPLATE}-{tag.strip('-')[:30].rstrip('-')}-{content}",
            "labels": {
                name: value for name, value in build_labels(TEMPLATE).items() if not name.endswith("/name")
            },
        },
        "spec": spec,
    }


def build_inference_service(service: str, spec: ServiceSpec, canary_percent: int | None = None) -> Object:
    """Return the InferenceService of a release.

    Parameters
    ----------
    service : str
        Name of the service.
    spec : ServiceSpec
        The release with its mode, replicas and resources.
    canary_percent : int or None
        In the mode Knative, this release's share of the requests in per cent, while the previous one gets the
        rest; None for all.
    """
    release, settings = spec.release, spec.settings
    is_knative = settings.mode == "Knative"
    predictor: Object = {
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": False,
        "minReplicas": settings.min_replicas,
        "maxReplicas": settings.max_replicas,
        "model": {
            "modelFormat": {"name": FORMAT, "version": "1"},
            "runtime": release.runtime,
            "protocolVersion": "v2",
            "storageUri": release.uri,
            "args": [f"--model_name={service}", f"--model_version={release.version}"],
            "resources": {
                "requests": {"cpu": settings.cpu_request, "memory": settings.memory},
                "limits": {"cpu": settings.cpu_limit, "memory": settings.memory},
            },
        },
    }
    if is_knative:
        predictor |= {"scaleMetric": "rps", "scaleTarget": settings.requests_per_second}
    else:
        # Knative has its own grace period, and refuses this field.
        predictor |= {
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            "autoScaling": {"metrics": [_build_cpu_metric(settings)]},
        }
    if settings.log_sink:
        predictor["logger"] = {
            "mode": "all",
            "url": build_log_url(settings.log_sink, release),
            # By this id, truth finds a row, as in the server's own log.
            "metadataHeaders": ["X-Request-Id"],
        }
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
        "metadata": {"name": service, "labels": build_labels(service), "annotations": annotations},
        "spec": {"predictor": predictor},
    }


def build_log_url(sink: str, release: Release) -> str:
    """Return where the logger of a release's servers sends its events.

    It names the version, so that the sink knows it also while two versions answer.
    """
    return f"{sink.rstrip('/')}/{quote(release.model, safe='')}/{release.version}"


def _build_cpu_metric(settings: Settings) -> Object:
    """Return the metric by which pods are added.

    Kubernetes counts use in per cent of the request, which is far below what a pod may use. The target is
    therefore above 100, which KServe refuses in the field scaleTarget (validateScalingHPACompExtension).
    """
    request, limit = parse_quantity(settings.cpu_request), parse_quantity(settings.cpu_limit)
    target = {"type": "Utilization", "averageUtilization": round(_CPU_TARGET * limit / request)}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def build_route(service: str, settings: Settings, backends: list[tuple[str, int]]) -> Object:
    """Return the HTTPRoute that splits requests among services.

    Parameters
    ----------
    service : str
        Name of the service.
    settings : Settings
        Gateway and gateway_host.
    backends : list of tuple of str and int
        Kubernetes services, and their shares of the requests in per cent.
    """
    namespace, _, name = settings.gateway.partition("/")
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": f"{service}-rollout", "labels": build_labels(service)},
        "spec": {
            "parentRefs": [{"name": name, "namespace": namespace}],
            "hostnames": [settings.gateway_host],
            "rules": [
                {
                    "backendRefs": [
                        {"name": backend, "port": 80, "weight": percent} for backend, percent in backends
                    ]
                }
            ],
        },
    }
