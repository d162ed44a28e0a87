"""Traefik as a Gateway, in front of services on a cluster."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from pipelines.catalogue import ROOT
from tests.cluster.definitions import GATEWAY_API, install_definitions, read_definitions
from tests.cluster.images import load_images
from tests.cluster.kubectl import Kubectl, Object
from tests.cluster.runs import PREFIX
from tests.docker_engine import skip_or_fail

_VERSION = "v3.7.9"
_IMAGE = f"docker.io/library/traefik:{_VERSION}"
# One of the namespaces whose pods may connect to our servers, by manifests/base/serving.
_NAMESPACE = "traefik"
NAME = f"{PREFIX}-gateway"
GATEWAY = f"{_NAMESPACE}/{NAME}"
_PORT = 8000
_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
_OK = 200
_OF_THE_CLUSTER = ("ClusterRole", "ClusterRoleBinding", "GatewayClass")
_READ = ["get", "list", "watch"]
# https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-gateway/
_RULES: list[Object] = [
    {"apiGroups": [""], "resources": ["namespaces", "services", "secrets", "configmaps"], "verbs": _READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
    {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["*"], "verbs": _READ},
    {
        "apiGroups": ["gateway.networking.k8s.io"],
        "resources": [f"{kind}/status" for kind in ("gatewayclasses", "gateways", "httproutes")],
        "verbs": ["update"],
    },
]


@contextmanager
def run_gateway(kubectl: Kubectl) -> Iterator[str]:
    """Run a Gateway named ``GATEWAY`` for the length of a block, and yield its address on this machine."""
    done = subprocess.run([ROOT / ".ci" / "gateway-image", _VERSION], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        skip_or_fail(f"there is no image of Traefik {_VERSION}: {done.stderr}")
    load_images(_IMAGE)
    has_namespace = bool(kubectl.run("get", "namespace", _NAMESPACE, "--ignore-not-found"))
    with install_definitions(kubectl, read_definitions(GATEWAY_API)):
        try:
            if not has_namespace:
                kubectl.run("create", "namespace", _NAMESPACE)
            kubectl.apply(*_build_objects())
            place = ["--namespace", _NAMESPACE]
            gateway = f"gateways.gateway.networking.k8s.io/{NAME}"
            kubectl.run("wait", *place, "--for=condition=Available", "--timeout=110s", f"deployment/{NAME}")
            kubectl.run("wait", *place, "--for=condition=Programmed", "--timeout=110s", gateway)
            with kubectl.forward_port(NAME, _NAMESPACE, 80) as address:
                yield address
        finally:
            kubectl.delete(*_build_objects())
            if not has_namespace:
                kubectl.run("delete", "namespace", _NAMESPACE, "--ignore-not-found")


class AnswerError(Exception):
    """A request had no answer, or an error."""


class SteadyClient(threading.Thread):
    """Sends requests through a gateway, one after the other, from ``with`` to its end.

    Parameters
    ----------
    url, host : str
        Where to send them, and the host to ask for.
    body : object
        What to send, as JSON.

    Attributes
    ----------
    versions : list of str
        The model's version of each answer.
    faults : list of str
        What came instead of an answer.
    """

    def __init__(self, url: str, host: str, body: object) -> None:
        super().__init__(daemon=True)
        self._url, self._host, self._body = url, host, body
        # kubectl prints a line for each connection, and nobody reads them: one connection for all requests.
        self._http = urllib3.PoolManager(timeout=_TIMEOUT_SECONDS, retries=False)
        self._has_ended = threading.Event()
        self.versions: list[str] = []
        self.faults: list[str] = []

    def __enter__(self) -> "SteadyClient":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self.join()

    def run(self) -> None:
        while not self._has_ended.wait(_PAUSE_SECONDS):
            try:
                self.versions.append(self.ask())
            except AnswerError as error:
                self.faults.append(str(error))

    def ask(self) -> str:
        """Return the model's version that answers a request.

        Raises
        ------
        AnswerError
            There is no answer, or an error.
        """
        try:
            answer = self._http.request("POST", self._url, json=self._body, headers={"Host": self._host})
        except urllib3.exceptions.HTTPError as error:
            raise AnswerError(f"{time.strftime('%X')} {error}") from error
        if answer.status != _OK:
            raise AnswerError(f"{time.strftime('%X')} {answer.status} {answer.data!r}")
        return str(answer.json()["model_version"])


def _build_objects() -> list[Object]:
    labels = {"app.kubernetes.io/name": NAME}
    container: Object = {
        "name": "traefik",
        "image": _IMAGE,
        "command": ["traefik"],
        "args": [f"--entrypoints.web.address=:{_PORT}", "--providers.kubernetesgateway=true"],
        "ports": [{"containerPort": _PORT}],
        "readinessProbe": {"tcpSocket": {"port": _PORT}},
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
    }
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": _NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME}
    listener: Object = {
        "name": "web",
        "port": _PORT,
        "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return [
        _make("v1", "ServiceAccount"),
        {**_make("rbac.authorization.k8s.io/v1", "ClusterRole"), "rules": _RULES},
        {
            **_make("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
            "roleRef": role,
            "subjects": [subject],
        },
        _make(
            "apps/v1",
            "Deployment",
            {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"serviceAccountName": NAME, "containers": [container]},
                },
            },
        ),
        _make("v1", "Service", {"selector": labels, "ports": [{"port": 80, "targetPort": _PORT}]}),
        _make(
            "gateway.networking.k8s.io/v1",
            "GatewayClass",
            {"controllerName": "traefik.io/gateway-controller"},
        ),
        _make(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            {"gatewayClassName": NAME, "listeners": [listener]},
        ),
    ]


def _make(version: str, kind: str, spec: Object | None = None) -> Object:
    metadata = {"name": NAME} if kind in _OF_THE_CLUSTER else {"name": NAME, "namespace": _NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}
