"""A Prometheus on the cluster; it finds model servers as docs/serving.md says, or what it is told to find."""

import re
import shutil
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from pipelines.catalogue import ROOT
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl, KubectlError, Object, is_ready, wait_for
from tests.cluster.pods import make_pod
from tests.cluster.registry import fetch_json
from tests.cluster.runs import NAMESPACE, PREFIX
from tests.docker_engine import skip_or_fail

MONITORING = "monitoring"
NAME = f"{PREFIX}-prometheus"
IMAGE = f"localhost/{NAME}:1"
PORT = 9090
_NOBODY = 65534
_DISCOVERY = b"prometheus/discovery/kubernetes"
_COMMAND = (
    "CGO_ENABLED=0 go install -tags remove_all_sd,enable_kubernetes_sd "
    "github.com/prometheus/prometheus/cmd/prometheus@v0.316.0"
)
# The policy of the servers admits pods with this label.
_LABELS = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": NAME}


class Prometheus:
    """Answers queries.

    Parameters
    ----------
    address : str
        Its host and port.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def query(self, expression: str) -> float | None:
        """Return the value of an expression; None if it has none, or not yet."""
        result = self._get("query", query=expression)["result"]
        return float(result[0]["value"][1]) if result else None

    def list_jobs(self) -> dict[str, set[str]]:
        """Return the health of the pods that each job reads, by the job's label."""
        jobs: dict[str, set[str]] = {}
        for target in self._get("targets", state="active")["activeTargets"]:
            jobs.setdefault(target["labels"]["job"], set()).add(target["health"])
        return jobs

    def list_alerts(self, name: str) -> list[dict[str, Any]]:
        """Return the alerts of a rule that fire."""
        alerts = self._get("alerts")["alerts"]
        return [each for each in alerts if each["labels"]["alertname"] == name and each["state"] == "firing"]

    def _get(self, path: str, **words: str) -> Any:
        return fetch_json(f"http://{self._address}/api/v1/{path}?{urllib.parse.urlencode(words)}")["data"]


@contextmanager
def start_prometheus(
    kubectl: Kubectl, jobs: list[dict[str, Any]] | None = None, rules: Object | None = None
) -> Iterator[Prometheus]:
    """Run Prometheus for the length of a block.

    Parameters
    ----------
    jobs : list of dict or None
        What it reads. None: what docs/serving.md says.
    rules : Object or None
        What a PrometheusRule specifies.
    """
    build_image()
    load_images(IMAGE)
    objects = [*make_rights(), make_configuration(jobs, rules), make_server(), make_service()]
    try:
        kubectl.run("get", "namespace", MONITORING)
    except KubectlError:
        objects.insert(0, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MONITORING}})
    try:
        kubectl.apply(*objects)
        wait_for(lambda: is_ready(kubectl.get("pod", NAME, MONITORING)), 120, "Prometheus is ready")
        with kubectl.forward_port(NAME, MONITORING, PORT) as address:
            yield Prometheus(address)
    finally:
        for item in reversed(objects):
            name, namespace = item["metadata"]["name"], item["metadata"].get("namespace", "default")
            words = [item["kind"], name, "--namespace", namespace, "--ignore-not-found", "--wait=false"]
            kubectl.run("delete", *words)


def build_image() -> None:
    """Put Prometheus' program, which needs no library, into an image."""
    program = shutil.which("prometheus")
    # Debian's leaves Kubernetes out.
    if program is None or _DISCOVERY not in Path(program).read_bytes():
        skip_or_fail(f"there is no Prometheus that finds pods; make one: {_COMMAND}")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(program, folder)
        content = f"FROM scratch\nCOPY prometheus /\nUSER {_NOBODY}\n"
        (Path(folder) / "Dockerfile").write_text(content, encoding="utf-8")
        subprocess.run(["docker", "build", "--quiet", "--tag", IMAGE, folder], check=True)


def read_jobs() -> list[dict[str, Any]]:
    """Return the jobs that the documentation gives to users."""
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(scrape_configs:.*?)```", text, flags=re.DOTALL)
    assert found, "docs/serving.md has no scrape_configs"
    jobs: list[dict[str, Any]] = yaml.safe_load(found[1])["scrape_configs"]
    return jobs


def make_rights() -> list[Object]:
    """Return an account that may list the pods of the models' namespace."""
    rbac = "rbac.authorization.k8s.io"
    role = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    return [
        _make_object("ServiceAccount", MONITORING),
        _make_object("Role", NAMESPACE, f"{rbac}/v1", rules=[role]),
        _make_object(
            "RoleBinding",
            NAMESPACE,
            f"{rbac}/v1",
            roleRef={"apiGroup": rbac, "kind": "Role", "name": NAME},
            subjects=[{"kind": "ServiceAccount", "name": NAME, "namespace": MONITORING}],
        ),
    ]


def make_configuration(jobs: list[dict[str, Any]] | None, rules: Object | None) -> Object:
    """Return the configuration's files, with shorter pauses than in production."""
    content = {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": ["/configuration/rules.yml"],
        "scrape_configs": read_jobs() if jobs is None else jobs,
    }
    data = {"prometheus.yml": yaml.safe_dump(content), "rules.yml": yaml.safe_dump(rules or {"groups": []})}
    return _make_object("ConfigMap", MONITORING, data=data)


def make_server() -> Object:
    """Return the pod of Prometheus."""
    command = ["/prometheus", "--config.file=/configuration/prometheus.yml", "--storage.tsdb.path=/data"]
    pod = make_pod(
        NAME.removeprefix(f"{PREFIX}-"),
        MONITORING,
        _LABELS,
        IMAGE,
        command,
        serviceAccountName=NAME,
        securityContext={"fsGroup": _NOBODY},
        volumes=[
            {"name": "configuration", "configMap": {"name": NAME}},
            {"name": "data", "emptyDir": {}},
        ],
    )
    pod["spec"]["containers"][0] |= {
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": PORT}, "periodSeconds": 2},
        "volumeMounts": [
            {"name": "configuration", "mountPath": "/configuration"},
            {"name": "data", "mountPath": "/data"},
        ],
    }
    return pod


def make_service() -> Object:
    """Return the address of Prometheus in the cluster."""
    return _make_object(
        "Service", MONITORING, spec={"selector": _LABELS, "ports": [{"port": PORT, "targetPort": PORT}]}
    )


def _make_object(kind: str, namespace: str, version: str = "v1", **content: Any) -> Object:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": NAME, "namespace": namespace},
        **content,
    }
