"""A model in a real registry, and answers of our own server for it."""

import json
import shutil
from pathlib import Path
from typing import Any

from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.json_file import write_json
from components.serve.request_handler import Request, RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.train.mlflow_run import log_mlflow_run
from tests.components._model.tables import draw_table
from tests.components.monitor.models import write_monitored_model

NAME = "y"


def register_model(folder: Path, tracking_uri: str, *, n_versions: int = 1, name: str = NAME) -> Path:
    """Write a model, register it as so many versions, and return its folder."""
    write_monitored_model(folder, "binary", sensitive=("city",), keep=("city",))
    model = folder / "model"
    golden = sample_predicted_rows(Package.load(model), draw_table("binary"), 20, seed=0)
    write_json(model / "golden.json", golden)
    for number in range(n_versions):
        copy = folder / f"copy-{number}"
        shutil.copytree(model, copy)
        tracked = log_mlflow_run(
            Package.load(copy),
            copy,
            draw_table("binary", 3, seed=9),
            tracking_uri=tracking_uri,
            experiment="e",
            metrics={},
            trials=[],
        )
        with connect_to_mlflow(tracking_uri, "register") as client:
            Registry(client, name).register(tracked.model_id, tracked.run, {}, "")
    return model


def answer(model: Path, body: dict[str, Any]) -> bytes:
    """Return the answer of our server to a request."""
    served = ServedModel.load(model)
    metrics = ServerMetrics(list(served.signature.columns), served.output_bounds, served.labels)
    handler = RequestHandler("small", served, metrics, 10_000)
    asked = Request("v2" if "inputs" in body else "v1", json.dumps(body).encode())
    ((status, content),) = handler.answer([asked])
    assert status == 200, content
    return bytes(content)
