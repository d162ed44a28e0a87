"""The definitions of operators, from their Go modules, on a cluster that lacks the operators themselves."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

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
def install_definitions(kubectl: Kubectl, definitions: Definitions) -> Iterator[None]:
    """Give a cluster the definitions that it lacks, for the length of a block."""
    present = set(kubectl.run("get", "crd", "--output", "name").split())
    found = {f"{_RESOURCE}/{item['metadata']['name']}": item for item in read_definitions(definitions)}
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
    items = [item for file in files for item in yaml.load_all(file.read_bytes(), _Loader)]
    found = [item for item in items if item and item["kind"] == _KIND]
    assert found, f"{definitions.module} has no definitions in {definitions.folder}"
    return found


def _fetch_module(module: str) -> Path:
    """Return the folder of a Go module; without a network it must have been fetched before."""
    if shutil.which("go") is None:
        skip_or_fail(f"go is missing, with which the definitions of {module} are fetched")
    done = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True)
    if done.returncode:
        skip_or_fail(f"go mod download {module}: {done.stdout}{done.stderr}")
    return Path(json.loads(done.stdout)["Dir"])
