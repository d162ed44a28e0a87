"""A Kubernetes cluster, through kubectl and the configuration that a person has."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Object = dict[str, Any]
T = TypeVar("T")

_SECONDS = 120.0
_PAUSE = 1.0


class KubectlError(Exception):
    """kubectl failed; the message is its own."""


class Kubectl:
    """The cluster that ``KUBECONFIG`` names."""

    def run(self, *words: str, content: str | None = None, seconds: float = _SECONDS) -> str:
        """Return what a command prints.

        Raises
        ------
        KubectlError
            The command failed.
        """
        command = ["kubectl", *words]
        done = subprocess.run(command, input=content, capture_output=True, text=True, timeout=seconds)
        if done.returncode:
            raise KubectlError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def find(self, kind: str, name: str, namespace: str) -> Object | None:
        """Return an object; None if it does not exist."""
        text = self.run("get", kind, name, "--namespace", namespace, "--ignore-not-found", "--output", "json")
        found: Object | None = json.loads(text) if text.strip() else None
        return found

    def get(self, kind: str, name: str, namespace: str) -> Object:
        """Return an object that exists."""
        found = self.find(kind, name, namespace)
        assert found is not None, f"{kind} {name} is not in {namespace}"
        return found

    def list(self, kind: str, namespace: str, selector: str = "") -> list[Object]:
        """Return the objects with some labels."""
        words = ["get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"]
        items: list[Object] = json.loads(self.run(*words))["items"]
        return items

    def apply(self, *objects: Object, options: Sequence[str] = ()) -> None:
        """Create or change objects."""
        words = ["apply", "--server-side", "--force-conflicts", *options, "--filename", "-"]
        self.run(*words, content=_join_objects(objects))

    def delete(self, *objects: Object) -> None:
        """Delete those objects that exist."""
        self.run("delete", "--ignore-not-found", "--filename", "-", content=_join_objects(objects))

    def evict(self, pod: str, namespace: str) -> None:
        """Evict a pod, as when its node is drained.

        Raises
        ------
        KubectlError
            Among others: a disruption budget does not allow it now.
        """
        metadata = {"name": pod, "namespace": namespace}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        address = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
        self.run("create", "--raw", address, "--filename", "-", content=json.dumps(eviction))

    @contextmanager
    def forward_port(self, service: str, namespace: str, port: int) -> Iterator[str]:
        """Forward a free port of this machine to a service; yield the address ``127.0.0.1:port``."""
        command = ["kubectl", "port-forward", "--namespace", namespace, f"service/{service}", f":{port}"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                found = re.search(r"127\.0\.0\.1:\d+", line)
                assert found, f"{' '.join(command)}: {line}"
                yield found[0]
            finally:
                process.terminate()


def is_ready(pod: Object) -> bool:
    """Return whether a pod may get requests, and is to stay."""
    conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def _join_objects(objects: Sequence[Object]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def wait_for(find: Callable[[], T | None], seconds: float, what: str, pause: float = _PAUSE) -> T:
    """Return what a function finds, as soon as it finds something.

    Raises
    ------
    AssertionError
        It found nothing in this time.
    """
    end = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        assert time.monotonic() < end, f"not in {seconds:g} s: {what}"
        time.sleep(pause)
