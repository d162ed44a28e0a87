"""Requests to a model of KServe reach the bucket of monitoring through the log sink, and are judged there."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from minio import Minio

from components.monitor.record import MonitoringReport
from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from pipelines.task_settings import SETTINGS
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.registry import TrainedModel, fetch_held_out, fetch_json
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

SINK = "kfp-tabular-log-sink"
ADDRESS = f"http://{SINK}.{NAMESPACE}:8080"
SERVICE = f"{PREFIX}-logged"
PLACE = f"{PREFIX}/log-sink-{datetime.now(UTC):%H%M%S}"
PER_REQUEST = 20


def write_overlay(folder: Path) -> Path:
    """Write an overlay that adds the sink, which uploads at once to a folder of the test's own."""
    image = ImageNames.choose().name_image("log_sink")
    # kustomize takes a path to another folder only in its relative form.
    component = os.path.relpath(ROOT / "manifests" / "components" / "log-sink", folder.resolve())
    arguments = [f"--folder=s3://monitoring/{PLACE}", "--spool=/spool", "--port=8080", "--upload_seconds=5"]
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "components": [component],
        "labels": [{"includeTemplates": True, "pairs": {"app.kubernetes.io/part-of": "kfp-tabular"}}],
        "images": [{"name": SINK, "newName": image.rpartition(":")[0], "newTag": image.rpartition(":")[2]}],
        "patches": [
            {
                "target": {"kind": "Deployment", "name": SINK},
                "patch": json.dumps(
                    [
                        {
                            "op": "replace",
                            "path": "/spec/template/spec/containers/0/args",
                            "value": arguments,
                        }
                    ]
                ),
            }
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


@pytest.fixture
def sink(suite: Kubectl, tmp_path: Path) -> Iterator[None]:
    """The sink, which answers."""
    overlay = write_overlay(tmp_path)

    def find_pod() -> Object | None:
        pods = suite.list("pods", NAMESPACE, f"app.kubernetes.io/name={SINK}")
        return next(filter(is_ready, pods), None)

    try:
        suite.run("apply", "--server-side", "--force-conflicts", "--kustomize", str(overlay))
        wait_for(find_pod, 240, "the sink is ready")
        yield
    finally:
        suite.run("delete", "--ignore-not-found", "--kustomize", str(overlay))


@pytest.fixture
def service(sink: None, runs: ClusterRuns, kubectl: Kubectl, trained_model: TrainedModel) -> Iterator[str]:
    """A model whose requests are logged."""
    name, version = trained_model
    words = [f"model_name={name}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    run = runs.run("deployment", *words, "step_seconds=5", f"log_sink={ADDRESS}")
    assert run.exit_status == 0, run.output
    yield SERVICE
    kubectl.run("delete", "inferenceservice", SERVICE, "--namespace", NAMESPACE)


def list_files(data: Minio, folder: str) -> list[str]:
    found = data.list_objects("monitoring", prefix=f"{PLACE}/{folder}", recursive=True)
    return [str(item.object_name) for item in found]


def read_rows(data: Minio, model: str) -> list[Object]:
    """Return the logged rows of a model."""
    rows: list[Object] = []
    for name in list_files(data, f"{model}/logs/"):
        rows += map(json.loads, data.get_object("monitoring", name).read().splitlines())
    return rows


def test_requests_reach_monitoring_without_credentials_in_the_servers(
    service: str,
    runs: ClusterRuns,
    kubectl: Kubectl,
    trained_model: TrainedModel,
    data: Minio,
    tmp_path: Path,
) -> None:
    rows = fetch_held_out(kubectl, trained_model)["rows"]
    with kubectl.forward_port(f"{service}-predictor", NAMESPACE, 80) as address:
        for first in range(0, len(rows), PER_REQUEST):
            body = {"instances": rows[first : first + PER_REQUEST]}
            answer = fetch_json(f"http://{address}/v1/models/{service}:predict", body)
            assert len(answer["predictions"]) == len(body["instances"])
    name = trained_model.name
    # Those by which deploy checked the server are not among them.
    wait_for(lambda: len(read_rows(data, name)) >= len(rows), 120, "all rows are in the bucket", pause=3)
    assert sum(row["weight"] for row in read_rows(data, name)) == len(rows)
    pattern = rf"{PLACE}/{name}/logs/{trained_model.version}-[0-9a-f]{{12}}/[^/]*\.jsonl"
    assert all(re.fullmatch(pattern, file) for file in list_files(data, f"{name}/logs/"))
    # KServe gives a server the keys by which it fetched the model, which cannot write.
    for pod in kubectl.list("pods", NAMESPACE, f"serving.kserve.io/inferenceservice={service}"):
        variables = [item for container in pod["spec"]["containers"] for item in container.get("env", [])]
        secrets = {
            source["name"]
            for item in variables
            if (source := item.get("valueFrom", {}).get("secretKeyRef")) is not None
        }
        assert SETTINGS not in secrets
    run = runs.run(
        "monitoring",
        f"folder=s3://monitoring/{PLACE}",
        f"model_name={name}",
        f"version={trained_model.version}",
    )
    assert run.exit_status == 0, run.output
    (stored,) = list_files(data, f"{name}/reports/")
    data.fget_object("monitoring", stored, str(tmp_path / "report"))
    report = MonitoringReport.load(tmp_path / "report")
    assert (report.rows_logged, report.version) == (len(rows), trained_model.version)
    assert report.decision.action == "nothing"
