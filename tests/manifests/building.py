"""Manifests, built by the real kustomize."""

import copy
import functools
import os
import shutil
import subprocess
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from tests.docker_engine import without

MANIFESTS = Path(__file__).parents[2] / "manifests"
OVERLAYS = ("kind", "production", "aws", "profile", "schedules")
DATABASES = ("postgres", "cloudnativepg", "external")
STORAGES = ("minio", "seaweedfs", "external")
FEATURES = ("mlflow-authentication", "two-replicas", "ingress", "sweeps-proxy")
COMBINATIONS = tuple(f"{database}+{storage}" for database, storage in product(DATABASES, STORAGES))

Object = dict[str, Any]


def build(name: str) -> list[Object]:
    """Return the objects of an overlay, or of a combination such as ``postgres+minio``: the caller's own."""
    return copy.deepcopy(_built(name))


@functools.cache
def _built(name: str) -> list[Object]:
    return [item for item in yaml.load_all(_text(name), yaml.CSafeLoader) if item]


def _text(name: str) -> str:
    if name in OVERLAYS:
        return kustomize(MANIFESTS / "overlays" / name)
    database, _, storage = name.partition("+")
    components = [
        f"database/{database}",
        f"object-storage/{storage}",
        *FEATURES,
    ]
    # kustomize follows no path that leaves a folder but by its relative form.
    with tempfile.TemporaryDirectory(prefix="kustomize-") as folder:
        root = os.path.relpath(MANIFESTS, Path(folder).resolve())
        content = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"{root}/base/{part}" for part in ("namespace", "mlflow", "runs")],
            "components": [f"{root}/components/{component}" for component in components],
            "labels": [{"includeTemplates": True, "pairs": {"app.kubernetes.io/part-of": "kfp-tabular"}}],
            "images": [
                {"name": f"kfp-tabular-{image}", "newTag": "1.2.3"}
                for image in ("mlflow", "minio", "ingest", "tune")
            ],
        }
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        return kustomize(Path(folder))


def kustomize(folder: Path) -> str:
    """Build a folder; a warning is a failure."""
    command = _command()
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@functools.cache
def _command() -> tuple[str, ...]:
    if shutil.which("kustomize"):
        return ("kustomize", "build")
    if shutil.which("kubectl"):
        return ("kubectl", "kustomize")
    without("neither kustomize nor kubectl is on the PATH")


def pods(objects: list[Object]) -> list[tuple[str, Object]]:
    """Return what makes pods, as ``Kind/name``, and the template of each with its namespace filled in."""
    found = []
    for item in objects:
        template = _template(item)
        if template is not None:
            labels = template.get("metadata", {}).get("labels", {})
            filled = {
                "namespace": item["metadata"].get("namespace"),
                "labels": labels,
                "spec": template["spec"],
            }
            found.append((title(item), filled))
    return found


def _template(item: Object) -> Object | None:
    match item["kind"]:
        case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
            return dict(item["spec"]["template"])
        case "CronJob":
            return dict(item["spec"]["jobTemplate"]["spec"]["template"])
    return None


def containers(pod: Object) -> list[Object]:
    """Return all containers of a pod, those that start it included."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def title(item: Object) -> str:
    return f"{item['kind']}/{item['metadata']['name']}"


def named(objects: list[Object], kind: str, name: str, namespace: str | None = None) -> Object:
    """Return the one object of a kind and name."""
    (found,) = (
        item
        for item in objects
        if title(item) == f"{kind}/{name}" and namespace in (None, item["metadata"].get("namespace"))
    )
    return found
