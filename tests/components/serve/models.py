"""A model's folder as train writes it, small, for the tests of the server."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._compiled.recipe import Value
from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._model.serving_form import build_serving_form
from components._problem.task import TaskKind
from components._table.schema import Column, Schema
from components.json_file import write_json
from components.serve.request_handler import RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.train.reference_profile import compute_reference_profile
from tests.components._model.tables import KINDS, draw_table, fit_package

# What a client may send for every column of ``draw_rows``.
ROW = {
    "amount": 12.5,
    "amount_is_null": 1,
    "visits": 4,
    "member": True,
    "city": "Bern",
    "product": "p3",
    "since": "1968-05-06T07:08:00",
}
PREDICT = "/v1/models/small:predict"
INFER = "/v2/models/small/infer"
DATATYPES = {"integer": "INT64", "float": "FP64", "boolean": "BOOL", "string": "BYTES", "datetime": "BYTES"}


def make_tensors(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return rows as a body of V2."""
    return {
        "id": "one",
        "inputs": [
            {
                "name": name,
                "shape": [len(rows)],
                "datatype": DATATYPES[kind],
                "data": [row[name] for row in rows],
            }
            for name, kind in KINDS.items()
        ],
    }


def split_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread: tests of pages leave an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def make_schema() -> Schema:
    """Return the schema of ``draw_rows``; product has too many categories to be listed."""
    columns = (
        Column("amount", "float", 30, 270, -300.0, 300.0),
        Column("amount_is_null", "integer", 0, 3, 0.0, 2.0),
        Column("visits", "integer", 0, 10, 0.0, 10.0),
        Column("member", "boolean", 60, 2),
        Column("city", "string", 30, 4, categories=("Bern", "Oslo", "a=b", "rare")),
        Column("product", "string", 0, 2_000),
        Column("since", "datetime", 30, 270, "1964-02-27T00:00:00", "1976-02-27T00:00:00"),
    )
    return Schema(columns, 300)


_fitted = cache(partial(fit_package, "lightgbm"))


def write_model(
    folder: Path, kind: TaskKind = "binary", *, threshold: float | None = None, is_compiled: bool = True
) -> Package:
    """Write a model and return it."""
    package = _fitted(kind, threshold)
    table = draw_table(kind)
    package.save(folder)
    make_schema().save(folder / "schema.json")
    predicted = package.predict(table)
    write_json(folder / "profile.json", compute_reference_profile(table, KINDS, np.asarray(predicted)))
    write_json(folder / "golden.json", sample_predicted_rows(package, table, 20, seed=0))
    if is_compiled:
        build_serving_form(package).save(folder / "compiled")
    return package


def make_handler(served: ServedModel) -> tuple[RequestHandler, ServerMetrics]:
    """Return what answers requests of at most 50 rows, and what counts them."""
    metrics = ServerMetrics(list(served.signature.columns), served.output_bounds, served.labels)
    return RequestHandler("small", served, metrics, 50), metrics


def break_predictions(served: ServedModel, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the model a defect, which rows of a product bring out."""
    predict = served._predict
    at = list(served.signature.columns).index("product")

    def fail(rows: Sequence[Sequence[Value]]) -> np.ndarray:
        if any(row[at] == product for row in rows):
            raise ZeroDivisionError("a defect")
        return predict(rows)

    monkeypatch.setattr(served, "_predict", fail)
