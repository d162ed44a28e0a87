"""The objects of a service, as they are applied: what is in them is ours, and nothing else is."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from components.deploy.settings import Settings

Object = dict[str, Any]

FORMAT = "kfp-tabular"
# Owner of the fields that we apply, and what its objects are labelled with
# (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
MANAGER = "kfp-tabular-deploy"
MANAGED_BY = "app.kubernetes.io/managed-by"
ACCOUNT = "kfp-tabular-serving"
# How a server is started is the platform's to say: manifests/base/serving.
TEMPLATE = "kfp-tabular"
CONTAINER = "kserve-container"
HTTP_PORT = 8080
_SERVING, _RUNTIMES = "serving.kserve.io/v1beta1", "serving.kserve.io/v1alpha1"
# What a server that drains takes at most, and some more.
_GRACE = 45
# Per cent of its processors that a pod uses before another is added, without Knative.
_BUSY = 70


@dataclass(frozen=True)
class Release:
    """What is to be served.

    Attributes
    ----------
    model : str
        Name of the model, in the registry.
    version : str
        Its version there.
    uri : str
        Where its folder is, s3:// and so on.
    runtime : str
        The ServingRuntime that serves it.
    """

    model: str
    version: str
    uri: str
    runtime: str


def build_labels(service: str) -> dict[str, str]:
    """Return the labels of a service's objects, by which policies find its pods."""
    return {
        "app.kubernetes.io/name": service,
        "app.kubernetes.io/part-of": "kfp-tabular",
        "app.kubernetes.io/component": "serve",
        MANAGED_BY: MANAGER,
    }


def build_runtime(template: Object, image: str) -> Object:
    """Return the ServingRuntime that starts an image as a template says.

    It is named after both, so that a change of either makes another one, and no service changes that runs.

    Parameters
    ----------
    template : dict
        The ServingRuntime that the namespace has.
    image : str
        The server's image, of the versions that trained the model.
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


def build_inference_service(
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
        "model": {
            "modelFormat": {"name": FORMAT, "version": "1"},
            "runtime": release.runtime,
            "protocolVersion": "v2",
            "storageUri": release.uri,
            "args": [f"--model_name={service}", f"--model_version={release.version}"],
            "resources": {"requests": resources, "limits": resources},
        },
    }
    if is_knative:
        predictor |= {"scaleMetric": "rps", "scaleTarget": settings.requests_per_second}
    else:
        # Knative has a time of its own, and refuses this one.
        predictor |= {"terminationGracePeriodSeconds": _GRACE, "scaleMetric": "cpu", "scaleTarget": _BUSY}
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


def build_route(service: str, settings: Settings, backends: list[tuple[str, int]]) -> Object:
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
        "metadata": {"name": f"{service}-rollout", "labels": build_labels(service)},
        "spec": {
            "parentRefs": [{"name": name, "namespace": namespace}],
            "hostnames": [settings.host],
            "rules": [
                {"backendRefs": [{"name": of, "port": 80, "weight": percent} for of, percent in backends]}
            ],
        },
    }
