"""A team's own database on the cluster, outside the namespaces of the suite."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.pods import make_pod
from tests.cluster.runs import NAMESPACE, PREFIX

_IMAGE = "docker.io/library/postgres:17.6-bookworm"
_OUTSIDE = "default"
_NAME = f"{PREFIX}-database"
_PORT = 5432
_KEY = "PGPASSWORD"


class DatabaseServer(NamedTuple):
    """A PostgreSQL server.

    Attributes
    ----------
    kubectl : Kubectl
        Its cluster.
    address : str
        Its host and port, as pods know them.
    """

    kubectl: Kubectl
    address: str

    def run_sql(self, statement: str, content: str | None = None) -> str:
        """Return what psql prints; ``content`` is what the statement copies from its input."""
        words = ["exec", "-i", _NAME, "--namespace", _OUTSIDE, "--"]
        return self.kubectl.run(
            *words, "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-tAc", statement, content=content
        )

    def load_csv(self, path: Path, table: str, types: str) -> None:
        """Make a table of a CSV file; ``types`` are its columns as SQL names them."""
        self.run_sql(f"CREATE TABLE {table} ({types})")
        self.run_sql(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)", path.read_text(encoding="utf-8"))
        self.run_sql(f"GRANT SELECT ON {table} TO ana")


@contextmanager
def run_database(kubectl: Kubectl) -> Iterator[DatabaseServer]:
    """Run a server for a block; the tasks of ingest have the password of its user ``ana``."""
    password = secrets.token_hex(16)
    environment = [{"name": "POSTGRES_HOST_AUTH_METHOD", "value": "scram-sha-256"}]
    environment += [{"name": "POSTGRES_PASSWORD", "value": password}]
    labels = {"app": _NAME}
    pod = make_pod("database", _OUTSIDE, labels, _IMAGE, ["docker-entrypoint.sh", "postgres"])
    pod["spec"]["containers"][0]["env"] = environment
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": _NAME, "namespace": _OUTSIDE},
        "spec": {"selector": labels, "ports": [{"port": _PORT}]},
    }
    server = DatabaseServer(kubectl, f"{_NAME}.{_OUTSIDE}:{_PORT}")
    with _hold_password(kubectl, password):
        try:
            kubectl.apply(pod, service)
            wait_for(lambda: is_ready(kubectl.get("pod", _NAME, _OUTSIDE)), 120, "the database's pod runs")
            # The server starts twice: the first time without the network, to set itself up.
            words = ["exec", _NAME, "--namespace", _OUTSIDE, "--", "sh", "-c"]
            command = "until pg_isready -q -h 127.0.0.1; do sleep 0.2; done"
            kubectl.run(*words, command)
            server.run_sql(f"CREATE ROLE ana LOGIN PASSWORD '{password}'")
            yield server
        finally:
            kubectl.delete(pod, service)


@contextmanager
def _hold_password(kubectl: Kubectl, password: str) -> Iterator[None]:
    """Put the password where tasks get it from, as the documents say, for the length of a block."""
    before = kubectl.get("secret", "kfp-tabular", NAMESPACE)["data"].get(_KEY, "")
    _change_secret(kubectl, base64.b64encode(password.encode()).decode())
    try:
        yield
    finally:
        _change_secret(kubectl, before)


def _change_secret(kubectl: Kubectl, encoded: str) -> None:
    secret = kubectl.get("secret", "kfp-tabular", NAMESPACE)
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "kfp-tabular", "namespace": NAMESPACE},
            "data": {**secret["data"], _KEY: encoded},
        }
    )


def read_documented_policy(kubectl: Kubectl) -> Object:
    """Return the network policy of docs/data-sources.md, with the address of the database's pod."""
    text = (ROOT / "docs" / "data-sources.md").read_text(encoding="utf-8")
    (block,) = [part.partition("```")[0] for part in text.split("```yaml\n")[1:] if "NetworkPolicy" in part]
    policy: dict[str, Any] = yaml.safe_load(block)
    address = kubectl.get("pod", _NAME, _OUTSIDE)["status"]["podIP"]
    (rule,) = policy["spec"]["egress"]
    rule["to"][0]["ipBlock"]["cidr"] = f"{address}/32"
    policy["metadata"].update(name=f"{PREFIX}-tasks-to-database", namespace=NAMESPACE)
    return policy
