"""Helpers for tests of rollouts: a failing server, versions of a model, and the state of the service."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from components._problem.verdict import Verdict
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import CHAMPION, Registry
from components.deploy.run import Settings, run
from components.json_file import write_json
from pipelines.catalogue import ROOT
from tests.kube_api.cluster import KubeApi
from tests.loopback import Handler

TEMPLATE = ROOT / "manifests" / "base" / "serving" / "kfp-tabular-servingruntime.yaml"
URIS = {version: f"s3://models/{version}" for version in ("1", "2", "failing", "crashing")}
# No test depends on how busy the machine is.
QUICK = {"step_seconds": 0.1, "ready_seconds": 5.0, "steps": (10, 50), "max_p95_ms": 60_000.0}


class Servers(NamedTuple):
    """Addresses by storageUri, and what the pipeline predicts for some rows."""

    addresses: dict[str, str]
    held_out: dict[str, Any]


class Failing(Handler):
    """A stand-in that answers as the real server until it is watched, and then with a failure."""

    behind = ""
    n_requests = 0

    def _answer(self) -> None:
        body = self.read_body()
        type(self).n_requests += self.command == "POST"
        if self.n_requests > 3:
            self.reply(500, b'{"error": "out of order"}')
        else:
            self.reply(200, httpx.request(self.command, self.behind + self.path, content=body).content)

    do_GET = do_POST = _answer  # noqa: N815


def find_champion(registry: str) -> str | None:
    with connect_to_mlflow(registry, "be asked") as client:
        found = Registry(client, "churn").find_by_alias(CHAMPION)
    return None if found is None else found.number


def write_registration(
    servers: Servers, folder: Path, version: str | None, package: str, **tags: str
) -> Path:
    """Write a version as register does."""
    place = folder / f"registration-{version}"
    place.mkdir(exist_ok=True)
    facts = {"model": "churn", "version": version, "package": package, "tags": tags}
    write_json(place / "registration.json", facts)
    write_json(place / "held_out.json", servers.held_out)
    return place


def deploy(
    servers: Servers, folder: Path, version: str, package: str = "", run_name: str = "", **changed: Any
) -> tuple[Verdict, dict[str, float], str]:
    """Roll a version out."""
    place = write_registration(servers, folder, version, f"mlflow-artifacts:/{package or version}")
    written = {name: str(folder / name) for name in ("summary", "verdict")}
    metrics = run(
        registration=str(place),
        **written,
        run_name=run_name or version,
        settings=Settings(**{**QUICK, **changed}),
    )
    return Verdict.load(written["verdict"]), metrics, (folder / "summary").read_text()


def read_record(kube: KubeApi) -> dict[str, Any]:
    """Return the recorded release; no run has claimed the service."""
    lease = kube.objects["Lease", "churn-rollout"]
    assert lease["spec"] == {}
    return dict(json.loads(lease["metadata"]["annotations"]["kfp-tabular/serves"]))


def get_runtime(kube: KubeApi) -> dict[str, Any]:
    name = kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]["runtime"]
    return dict(kube.objects["ServingRuntime", name])


def get_storage_uri(kube: KubeApi) -> str:
    return str(kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]["storageUri"])
