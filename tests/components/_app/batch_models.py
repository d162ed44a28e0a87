"""A model for the tests of the tab Batch, and rows for it."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from components._app.application import Application, build_application
from components._app.batch import LIMITS, BatchLimits, build_batch_routes
from components._app.batch_model import BatchModel
from components._model.intake import Intake
from components._model.scorer import Scorer
from components._problem.task import TaskKind
from components._table.storage import count_rows, read_arrow_schema, read_rows
from components.ingest.run import run_rows
from components.serve.served_model import ServedModel
from pipelines.local.batch_inference import build_infer
from tests.components.serve.models import ROW, make_handler, split_apart, write_model

# Values that lead to either decision.
DRAWN = [{"amount": 10 * i - 250, "city": city} for i, city in enumerate(["Bern", "Oslo", "a=b"] * 15)]
# The handler of the tests takes no more rows at a time.
SMALL = LIMITS._replace(chunk_rows=50)


def make_batch_model(folder: Path, kind: TaskKind = "binary") -> BatchModel:
    """Return a model that predicts in this process."""
    write_model(folder, kind, threshold=0.4 if kind == "binary" else None)
    served = ServedModel.load(folder)
    return BatchModel.load(folder, served.version, build_infer(make_handler(served)[0]))


def make_rows(n_rows: int, **cells: Any) -> list[dict[str, Any]]:
    """Return rows of the model's columns and a note, with some cells in the second row."""
    rows = [
        {"note": f"row {i}", **ROW, **DRAWN[i % len(DRAWN)], "member": "true", "visits": i % 9}
        for i in range(n_rows)
    ]
    rows[1].update(cells)
    return rows


def write_csv(rows: Sequence[dict[str, Any]], delimiter: str = ",") -> bytes:
    """Return rows as text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def score_file(folder: Path, source: Path, scratch: Path) -> list[list[Any]]:
    """Return the columns of predictions that the score stage makes of a file."""
    table = scratch / "scored"
    run_rows(dataset=str(table), model=str(folder), source=str(source), unreadable="refuse", seed=0)
    scorer = Scorer(folder)
    intake = Intake(scorer.signature.columns, scorer.schema, read_arrow_schema(table))
    frame = intake.build_frame(read_rows(table, range(count_rows(table)), intake.columns))
    return [column.to_pylist() for column in scorer.predict(frame)]


def make_app(model: BatchModel, limits: BatchLimits = SMALL) -> Application:
    """Return an app with only the tab Batch."""
    return build_application({"tabs": []}, build_batch_routes(model, limits))


def post(app: Application, path: str, body: Any) -> httpx.Response:
    """Return what an app answers to a file."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return await client.post(f"/app/batch/{path}", content=body)

    response: httpx.Response = split_apart(send())
    return response


def read_lines(response: httpx.Response) -> list[dict[str, Any]]:
    """Return lines of JSON."""
    return [json.loads(line) for line in response.text.splitlines()]


def run_all(coroutine: Any) -> Any:
    """Run a coroutine to its end, in a loop of its own."""
    return split_apart(asyncio.wait_for(coroutine, 60))
