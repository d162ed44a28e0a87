"""Manifests, built by the real kustomize."""

import copy
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from tests.docker_engine import skip_or_fail

MANIFESTS = Path(__file__).parents[2] / "manifests"
OVERLAYS = ("kind", "production", "aws", "profile", "schedules", "serving")
# Those that stand on top of others, and have no MLflow of their own.
ON_TOP = ("profile", "schedules", "serving")
DATABASES = ("postgres", "cloudnativepg", "external")
STORAGES = ("minio", "seaweedfs", "external")
FEATURES = (
    "mlflow-authentication",
    "two-replicas",
    "ingress",
    "sweeps-proxy",
    "prometheus",
    "grafana",
    "log-sink",
    "app",
    "app-gateway",
    "app-istio",
    "dask",
)
IMAGES = ("mlflow", "minio", "ingest", "notify", "tune", "monitor", "log-sink", "app", "dask-operator")
COMBINATIONS = tuple(f"{database}+{storage}" for database, storage in product(DATABASES, STORAGES))
# The overlay serving with a component.
SERVINGS = ("serving-knative", "serving-keda")
BUILDS = (*OVERLAYS, *COMBINATIONS, *SERVINGS)

Object = dict[str, Any]


def build(name: str) -> list[Object]:
    """Return the objects of one of ``BUILDS``: the caller's own."""
    return copy.deepcopy(_build_objects(name))


@functools.cache
def _build_objects(name: str) -> list[Object]:
    return [item for item in yaml.load_all(_render_text(name), yaml.CSafeLoader) if item]


def _render_text(name: str) -> str:
    if name in OVERLAYS:
        return run_kustomize(MANIFESTS / "overlays" / name)
    if name in SERVINGS:
        return render_parts(["overlays/serving"], [name])
    database, _, storage = name.partition("+")
    resources = [f"base/{part}" for part in ("namespace", "mlflow", "runs")]
    parts = [f"database/{database}", f"object-storage/{storage}", *FEATURES]
    return render_parts(resources, parts, configMapGenerator=[list_models("model")])


def list_models(*names: str) -> Object:
    """Return what makes the app's list of models, as an overlay has it."""
    literals = [f"{name}=http://{name}-predictor" for name in names]
    return {"name": "kfp-tabular-app", "namespace": "kubeflow", "literals": literals}


def render_parts(resources: list[str], components: Sequence[str] = (), **others: object) -> str:
    """Build an overlay of folders of the manifests, with other keys of a kustomization."""
    # kustomize follows no path that leaves a folder but by its relative form.
    with tempfile.TemporaryDirectory(prefix="kustomize-") as folder:
        root = os.path.relpath(MANIFESTS, Path(folder).resolve())
        content = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"{root}/{resource}" for resource in resources],
            "components": [f"{root}/components/{component}" for component in components],
            "labels": [{"includeTemplates": True, "pairs": {"app.kubernetes.io/part-of": "kfp-tabular"}}],
            "images": [{"name": f"kfp-tabular-{image}", "newTag": "1.2.3"} for image in IMAGES],
            **others,
        }
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        return run_kustomize(Path(folder))


def run_kustomize(folder: Path) -> str:
    """Build a folder; a warning is a failure."""
    command = _find_command()
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@functools.cache
def _find_command() -> tuple[str, ...]:
    if shutil.which("kustomize"):
        return ("kustomize", "build")
    if shutil.which("kubectl"):
        return ("kubectl", "kustomize")
    skip_or_fail("neither kustomize nor kubectl is on the PATH")


def list_pods(objects: list[Object]) -> list[tuple[str, Object]]:
    """Return what makes pods, as ``Kind/name``, and the template of each with its namespace filled in."""
    found = []
    for item in objects:
        template = _get_template(item, objects)
        if template is not None:
            labels = template.get("metadata", {}).get("labels", {})
            filled = {
                "namespace": item["metadata"].get("namespace"),
                "labels": labels,
                "spec": template["spec"],
            }
            found.append((get_title(item), filled))
    return found


def _get_template(item: Object, objects: list[Object]) -> Object | None:
    match item["kind"]:
        case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
            return dict(item["spec"]["template"])
        case "CronJob":
            return dict(item["spec"]["jobTemplate"]["spec"]["template"])
        case "InferenceService":
            return _build_model_template(item, objects)
    return None


def _build_model_template(item: Object, objects: list[Object]) -> Object:
    """Return the template of the pods that KServe makes for a model: what its runtime says, and the model."""
    predictor = item["spec"]["predictor"]
    runtime = get_object(objects, "ServingRuntime", predictor["model"]["runtime"])["spec"]
    account = get_object(objects, "ServiceAccount", predictor["serviceAccountName"])
    spec = {
        "automountServiceAccountToken": account.get("automountServiceAccountToken"),
        **{key: runtime[key] for key in ("containers", "volumes")},
        **{key: value for key, value in predictor.items() if key != "model"},
    }
    return {"metadata": {"labels": {**runtime["labels"], **item["metadata"]["labels"]}}, "spec": spec}


def list_containers(pod: Object) -> list[Object]:
    """Return all containers of a pod, those that start it included."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def get_title(item: Object) -> str:
    return f"{item['kind']}/{item['metadata']['name']}"


def get_object(objects: list[Object], kind: str, name: str, namespace: str | None = None) -> Object:
    """Return the one object of a kind and name."""
    (found,) = (
        item
        for item in objects
        if get_title(item) == f"{kind}/{name}" and namespace in (None, item["metadata"].get("namespace"))
    )
    return found
