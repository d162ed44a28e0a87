"""A sweep of many workers through the proxy, added as docs/cluster.md says: few connections, exact trials."""

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.cluster.sweeps import count_trials, query

pytestmark = pytest.mark.cluster

SERVICES = "kfp-tabular"
KEY = "KFP_TABULAR_STUDY_URL"
PROXY = "grpc://sweeps-proxy.kfp-tabular:13000"
TRIALS = 40
WORKERS = 8
# SQLAlchemy's pool in the proxy: 5 connections, and 10 more while there is much to do.
MOST_CONNECTIONS = 15
CONNECTIONS = """
SELECT count(*), coalesce(string_agg(DISTINCT host(client_addr), ','), '') FROM pg_stat_activity
WHERE usename = 'sweeps'
"""


def write_overlay(folder: Path) -> Path:
    """Write an overlay that adds the proxy."""
    image = ImageNames.choose().name_image("tune")
    # kustomize takes a path to another folder only in its relative form.
    component = os.path.relpath(ROOT / "manifests" / "components" / "sweeps-proxy", folder.resolve())
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "components": [component],
        "labels": [{"includeTemplates": True, "pairs": {"app.kubernetes.io/part-of": "kfp-tabular"}}],
        "images": [
            {
                "name": "kfp-tabular-tune",
                "newName": image.rpartition(":")[0],
                "newTag": image.rpartition(":")[2],
            }
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def make_secret(name: str, namespace: str, address: str) -> Object:
    """Return what a Secret says of the sweeps' database; its other keys stay as they are."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {KEY: base64.b64encode(address.encode()).decode()},
    }


@pytest.fixture
def proxy(suite: Kubectl, tmp_path: Path) -> Iterator[Object]:
    """The pod of the proxy, which all tasks use."""
    overlay = write_overlay(tmp_path)
    database = base64.b64decode(suite.get("secret", "kfp-tabular", NAMESPACE)["data"][KEY]).decode()
    assert database.startswith("postgresql"), f"{KEY} in the Secret kfp-tabular was changed and not restored"

    def find_pod() -> Object | None:
        pods = suite.list("pods", SERVICES, "app.kubernetes.io/name=sweeps-proxy")
        return next(filter(is_ready, pods), None)

    try:
        suite.run("apply", "--server-side", "--force-conflicts", "--kustomize", str(overlay))
        suite.apply(make_secret("sweeps-proxy", SERVICES, database))
        pod = wait_for(find_pod, 240, "the proxy is ready")
        suite.apply(make_secret("kfp-tabular", NAMESPACE, PROXY))
        yield pod
    finally:
        suite.apply(make_secret("kfp-tabular", NAMESPACE, database))
        suite.run("delete", "--ignore-not-found", "--kustomize", str(overlay))
        suite.run("delete", "secret", "sweeps-proxy", "--namespace", SERVICES, "--ignore-not-found")


def test_many_workers_share_the_connections_of_the_proxy(
    proxy: Object, runs: ClusterRuns, kubectl: Kubectl
) -> None:
    words = [f"trials={TRIALS}", f"workers={WORKERS}", "budget_minutes=20", f"model_name={PREFIX}-proxy"]
    counts, addresses = [], set()
    with runs.start("training", *words) as run:
        while run.process.poll() is None:
            ((count, found),) = query(kubectl, CONNECTIONS)
            counts.append(int(count))
            addresses.update(found.split(","))
            time.sleep(2)
        run.wait()
    assert run.exit_status == 0, run.output
    assert count_trials(kubectl, run.run_id) == [TRIALS, TRIALS]
    assert len(run.list_pods("tune")) >= WORKERS
    assert addresses - {""} == {proxy["status"]["podIP"]}
    assert max(counts) <= MOST_CONNECTIONS
