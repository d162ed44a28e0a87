"""The definitions of operators, from Go modules and PyPI, also on a cluster that lacks the operators."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl, Object
from tests.docker_engine import skip_or_fail

_KIND = "CustomResourceDefinition"
_RESOURCE = "customresourcedefinition.apiextensions.k8s.io"


class _Loader(yaml.CSafeLoader):
    """Reads a lone = as the text that it is for YAML 1.2, and so for Kubernetes."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


class Definitions(NamedTuple):
    """Where a Go module has its definitions.

    Attributes
    ----------
    module : str
        The module, with its version.
    folder : str
        The folder in it.
    """

    module: str
    folder: str


CLOUDNATIVEPG = Definitions("github.com/cloudnative-pg/cloudnative-pg@v1.28.1", "config/crd/bases")
KEDA = Definitions("github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases")
PROMETHEUS_OPERATOR = Definitions(
    "github.com/prometheus-operator/prometheus-operator@v0.94.1", "example/prometheus-operator-crd"
)
# The version of Traefik 3.7.9.
GATEWAY_API = Definitions("sigs.k8s.io/gateway-api@v1.5.1", "config/crd/standard")


@contextmanager
def install_definitions(kubectl: Kubectl, definitions: list[Object]) -> Iterator[None]:
    """Give a cluster the definitions that it lacks, for the length of a block."""
    present = set(kubectl.run("get", "crd", "--output", "name").split())
    found = {f"{_RESOURCE}/{item['metadata']['name']}": item for item in definitions}
    missing = {name: item for name, item in found.items() if name not in present}
    if not missing:
        yield
        return
    try:
        kubectl.apply(*missing.values())
        kubectl.run("wait", "--for=condition=Established", "--timeout=60s", *missing)
        yield
    finally:
        # Of many at once, Kubernetes 1.34 left one behind.
        for name in missing:
            kubectl.run("delete", "--ignore-not-found", name)


def read_definitions(definitions: Definitions) -> list[Object]:
    """Return the definitions; without Go or a network, the test is skipped, and fails in CI."""
    files = sorted((_fetch_module(definitions.module) / definitions.folder).glob("*.yaml"))
    found = _parse(b"\n---\n".join(file.read_bytes() for file in files))
    assert found, f"{definitions.module} has no definitions in {definitions.folder}"
    return found


def read_dask_definitions() -> list[Object]:
    """Return those of the Dask operator, as a person gets them; without a network, the test is skipped."""
    done = subprocess.run([ROOT / "manifests" / "dask-definitions"], capture_output=True)
    if done.returncode:
        skip_or_fail(f"manifests/dask-definitions: {done.stderr.decode()}")
    return _parse(done.stdout)


def list_schemas(definitions: list[Object]) -> dict[str, Any]:
    """Return the schema of each kind."""
    return {
        item["spec"]["names"]["kind"]: item["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for item in definitions
    }


def find_faults(schema: dict[str, Any], item: Object) -> list[str]:
    """Return what an API server would refuse or, unknown fields, drop."""
    wrong = [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(item)]
    # A schema need not have what all objects have.
    own = {name: value for name, value in item.items() if name not in ("apiVersion", "kind", "metadata")}
    return [*wrong, *find_unknown(schema, own, item["kind"])]


def find_unknown(schema: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for i, entry in enumerate(value):
            yield from find_unknown(schema.get("items", {}), entry, f"{place}[{i}]")
    elif isinstance(value, dict) and "properties" in schema:
        for name, entry in value.items():
            if name not in schema["properties"]:
                yield f"{place}.{name} is unknown"
            else:
                yield from find_unknown(schema["properties"][name], entry, f"{place}.{name}")


def _parse(text: bytes) -> list[Object]:
    return [item for item in yaml.load_all(text, _Loader) if item and item["kind"] == _KIND]


def _fetch_module(module: str) -> Path:
    """Return the folder of a Go module; without a network it must have been fetched before."""
    if shutil.which("go") is None:
        skip_or_fail(f"go is missing, with which the definitions of {module} are fetched")
    done = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True)
    if done.returncode:
        skip_or_fail(f"go mod download {module}: {done.stdout}{done.stderr}")
    return Path(json.loads(done.stdout)["Dir"])
