"""Files as KServe's logger stores them, of requests that our own server answers."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from components.serve.request_handler import Request
from components.serve.served_model import ServedModel
from tests.components._model.tables import KINDS
from tests.components.monitor.models import convert_cell
from tests.components.serve.models import make_handler, make_tensors

# The folder that KServe makes in that of logger.url.
PLACE = "team/churn/predictor/events"


def make_event(kind: str, name: str, body: bytes, time: datetime, **changed: Any) -> dict[str, Any]:
    """Return an event as ``LogRequest`` of KServe's pkg/logger has it."""
    return {
        "url": {"Scheme": "s3", "Host": "monitoring", "Path": "/models/y/logs/7"},
        "bytes": base64.b64encode(body).decode(),
        "contentType": "application/json",
        "reqType": f"org.kubeflow.serving.inference.{kind}",
        "id": name,
        "sourceUri": {"Path": "churn-predictor-1"},
        "inferenceService": "churn",
        "namespace": "team",
        "component": "predictor",
        "endpoint": "default",
        "occurrenceTime": f"{time.isoformat()}.000000001Z",
        **changed,
    }


def list_cells(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as a client sends them, with the identifier ``customer``."""
    return [
        {name: convert_cell(row[name]) for name in KINDS} | {"customer": f"C-{i}"}
        for i, row in enumerate(rows.to_dict("records"))
    ]


def make_pair(
    served: ServedModel, rows: list[dict[str, Any]], name: str, time: datetime, protocol: str = "v1"
) -> list[dict[str, Any]]:
    """Return the events of a request and of its response."""
    asked = json.dumps({"instances": rows} if protocol == "v1" else make_tensors(*rows) | {"id": name})
    handler, _ = make_handler(served)
    ((status, answered),) = handler.answer([Request("v1" if protocol == "v1" else "v2", asked.encode())])
    assert status == 200
    return [make_event("request", name, asked.encode(), time), make_event("response", name, answered, time)]


def build_files(events: list[dict[str, Any]], batch_size: int = 1) -> dict[str, bytes]:
    """Return the content of each file by its name: an event, or a list of events."""
    batches = [events[start : start + batch_size] for start in range(0, len(events), batch_size)]
    return {
        f"{PLACE}/{batch[0]['id']}-{batch[0]['reqType'].rpartition('.')[2]}.json": json.dumps(
            batch[0] if len(batch) == 1 else batch
        ).encode()
        for batch in batches
    }


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
