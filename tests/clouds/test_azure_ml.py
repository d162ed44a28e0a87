"""The definitions for Azure ML: their form by Azure's own client, their routes by our server."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.catalogue import ROOT
from tests.clouds.isolated import run_isolated
from tests.components.serve.models import ROW, make_tensors, write_model
from tests.model_server import run_model_server

FOLDER = ROOT / "clouds" / "azure-ml"
LOAD = """\
from azure.ai.ml import load_online_deployment, load_online_endpoint
import sys
print(load_online_endpoint(sys.argv[1]).name)
print(load_online_deployment(sys.argv[2]).endpoint_name)
"""


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))


@pytest.mark.slow
def test_azures_client_reads_the_definitions(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / read("deployment")["model"]["path"]).mkdir()
    files = [str(tmp_path / "endpoint.yaml"), str(tmp_path / "deployment.yaml")]
    done = run_isolated("azure-ai-ml==1.35.2", LOAD, *files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["kfp-tabular", "kfp-tabular"]


def test_the_model_is_where_the_image_looks_for_it() -> None:
    deployment = read("deployment")
    folder = f"{deployment['model_mount_path']}/{deployment['model']['path']}"
    dockerfile = (ROOT / "images" / "serve" / "Dockerfile").read_text()
    assert f'"--model_dir", "{folder}"]' in dockerfile


@pytest.mark.slow
def test_the_server_has_the_routes(tmp_path: Path) -> None:
    write_model(tmp_path)
    routes = read("deployment")["environment"]["inference_config"]
    # The image gives no other name.
    with run_model_server(tmp_path, name="model") as server, httpx.Client(base_url=server.url) as client:
        for name in ("liveness_route", "readiness_route"):
            assert client.get(routes[name]["path"]).status_code == 200
        answer = client.post(routes["scoring_route"]["path"], json=make_tensors(ROW))
        assert answer.json()["outputs"][0]["name"] == "class"
    assert {route["port"] for route in routes.values()} == {8080}
