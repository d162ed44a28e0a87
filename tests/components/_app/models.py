"""Model folders, and the predictions of their pages and of a server, for the tests of the app."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from components._app.export import export_page
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._model.serving_form import build_serving_form
from components._model.signature import Signature
from components._problem.task import TaskKind
from components._table.kinds import Kind
from components._table.row_reader import RowDeviations
from components._table.schema import Schema
from components._table.target import order_classes
from components.json_file import write_json
from components.serve.served_model import RowPrediction, ServedModel
from components.train.reference_profile import compute_reference_profile
from tests.browser import Browser, Visit
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._model.tables import draw_table, fit_estimator, make_problem
from tests.components.serve.models import make_schema

# How far a page may be from the server, as a share of an output above 1.
MOST_DIFFERENCE = 1e-12
CARD = "# Model card\n\n## Intended use\n\nThe use.\n"


def save_model(folder: Path, package: Package, table: pd.DataFrame, schema: Schema) -> Path:
    """Write a package as train does; return its folder."""
    package.save(folder)
    schema.save(folder / "schema.json")
    columns = package.signature.columns
    predicted = np.asarray(package.predict(table))
    write_json(folder / "profile.json", compute_reference_profile(table, columns, predicted))
    write_json(folder / "golden.json", sample_predicted_rows(package, table, 20, seed=0))
    build_serving_form(package).save(folder / "compiled")
    return folder


def save_usual_model(folder: Path, package: Package) -> Path:
    """Write a package that was fitted on ``draw_table``."""
    return save_model(folder, package, draw_table(package.signature.task), make_schema())


def wrap_estimator(recipe: Pipeline, kind: TaskKind, y: np.ndarray, table: pd.DataFrame) -> Pipeline:
    """Return a fitted recipe with a linear model behind it."""
    estimator: Any = fit_estimator("linear", kind, recipe.transform(table), y)
    if kind == "regression":
        estimator = EnsembleRegressor([estimator], [1.0])
    else:
        ensemble = EnsembleClassifier(kind, [estimator], [1.0])
        estimator = LabelledClassifier(ensemble, list(order_classes(make_problem(kind))))
    return Pipeline([*recipe.steps, ("model", estimator)])


def make_package(pipeline: Pipeline, kind: TaskKind, columns: dict[str, Kind]) -> Package:
    classes = [] if kind == "regression" else list(order_classes(make_problem(kind)))
    signature = Signature(kind, "y", columns, classes, None, "linear", "Linear model", "")
    return Package(pipeline, signature, {})


def make_requests(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as a client sends them in JSON."""
    return [
        {name: _to_cell(value) for name, value in zip(rows.columns, row, strict=True)}
        for row in rows.itertuples(index=False, name=None)
    ]


def make_hostile_requests(n_rows: int = 1_000) -> list[dict[str, Any]]:
    return make_requests(make_hostile_rows(n_rows))


def predict_as_served(served: ServedModel, requests: Sequence[dict[str, Any]]) -> list[RowPrediction]:
    """Return what a server predicts for rows of a request."""
    rows = [served.row_reader.read(row, RowDeviations([], [], [])) for row in requests]
    return served.predict(rows)


@contextmanager
def open_page(browser: Browser, model: Path, folder: Path) -> Iterator[Visit]:
    """Export a model, and open its page."""
    export_page(model, folder / "page.html", CARD, "7")
    with browser.from_file(folder / "page.html") as visit:
        visit.frame.locator(".answer-body .decision").wait_for()
        yield visit


def predict_in_page(visit: Visit, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a page predicts; JSON, because a browser takes NaN for no error."""
    code = "async (rows) => JSON.stringify(await predictor.predict(JSON.parse(rows)))"
    predicted: list[dict[str, Any]] = json.loads(visit.frame.evaluate(code, json.dumps(requests)))
    return predicted


def find_difference(predicted: Sequence[dict[str, Any]], expected: Sequence[RowPrediction]) -> float:
    """Return the largest difference of outputs, as a share of those above 1."""
    outputs = np.array(
        [
            list(one["probabilities"].values()) if "probabilities" in one else [one["value"]]
            for one in predicted
        ],
        dtype=float,
    )
    wanted = np.array([one.outputs for one in expected])
    return float((np.abs(outputs - wanted) / np.maximum(1, np.abs(wanted))).max())


def _to_cell(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
