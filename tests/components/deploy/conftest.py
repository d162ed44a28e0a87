"""Real model servers, a registry, and the stand-in for Kubernetes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from tests.components._model.tables import draw_table
from tests.components.deploy.rollouts import URIS, Failing, Servers
from tests.components.serve.models import write_model
from tests.kube_api.cluster import KubeApi
from tests.kube_api.namespace import cluster, kube_api  # noqa: F401
from tests.loopback import serve_http
from tests.model_server import run_model_server


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("models")
    package = write_model(folder / "good", threshold=0.5)
    rows = draw_table("binary", 150, seed=7)
    columns = list(package.signature.columns)
    predictions = np.asarray(package.predict(rows))
    values = json.loads(rows[columns].to_json(orient="records", date_format="iso", date_unit="s"))
    for row in values:
        row["member"] = None if row["member"] is None else bool(row["member"])
    held_out = {"rows": values, "predictions": predictions.tolist(), "spread": 1.0}
    with (
        run_model_server(folder / "good", "--model_version", "1", name="churn") as first,
        run_model_server(folder / "good", "--model_version", "2", name="churn") as second,
    ):
        Failing.behind = second.url
        with serve_http(Failing) as failing:
            yield Servers({URIS["1"]: first.url, URIS["2"]: second.url, URIS["failing"]: failing}, held_out)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> str:
    """A registry with two versions of the model and no champion."""
    uri = f"sqlite:///{shutil.copy(mlflow_database, tmp_path_factory.mktemp('registry'))}"
    client = MlflowClient(uri, uri)
    client.create_registered_model("churn")
    for version in ("1", "2"):
        client.create_model_version("churn", f"s3://models/{version}")
    return uri


@pytest.fixture(params=["Knative", "Standard"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in changes pods at once."""
    monkeypatch.setattr("components.deploy.pods.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("components.deploy.readiness.SETTLE_SECONDS", 0.0)


@pytest.fixture
def kube(
    kube_api: KubeApi,  # noqa: F811
    servers: Servers,
    registry: str,
    monkeypatch: pytest.MonkeyPatch,
) -> KubeApi:
    """The namespace with what deploy needs beside it."""
    kube_api.servers = dict(servers.addresses)
    monkeypatch.setenv("KFP_TABULAR_SERVE_IMAGE", "registry.example/kfp-tabular-serve:1.2.0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
    monkeypatch.setenv("MLFLOW_ARTIFACTS_DESTINATION", "s3://models")
    return kube_api
