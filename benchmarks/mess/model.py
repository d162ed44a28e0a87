"""A cheap model of a table in a folder as train writes it, and its predictions in score and in serve."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from benchmarks.mess.stages import Read
from components._estimators import FAMILIES, FitOptions, fit
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.intake import Intake
from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._model.scorer import Scorer
from components._model.serving_form import build_serving_form
from components._model.signature import Signature
from components._problem.task import Label
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import list_alternatives
from components._recipe.select import Selector
from components._table.kinds import Kind
from components._table.storage import count_rows, read_arrow_schema, read_frame, read_rows
from components._table.target import encode_target, order_classes
from components.json_file import write_json
from components.score.row_counts import count_values
from components.serve.request_handler import Request, RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import Protocol, ServerMetrics
from components.train.reference_profile import compute_reference_profile

# A line moves with every value, which trees do not.
_FAMILY = "linear"
_STEPS = 1
_MOST_ROWS = 1_000


class Predictions(NamedTuple):
    """What score predicts.

    Attributes
    ----------
    rows : list of tuple
        For each row the prediction, and the probabilities of a classification.
    unusual : dict of str to int
        By column: values that no training row had, of which the scoring page tells.
    """

    rows: list[tuple[Any, ...]]
    unusual: dict[str, int]


def write_model(read: Read, folder: Path) -> None:
    """Fit a model on a table and write it."""
    table = read_frame(read.folder)
    table = table[table[read.problem.target].notna()].reset_index(drop=True)
    package = _fit(read, table)
    package.save(folder)
    build_serving_form(package).save(folder / "compiled")
    read.schema.save(folder / "schema.json")
    predicted = package.predict(table)
    write_json(
        folder / "profile.json", compute_reference_profile(table, package.signature.columns, predicted)
    )
    write_json(folder / "golden.json", sample_predicted_rows(package, table, 5, seed=0))


def copy_model(model: Path, read: Read, folder: Path) -> None:
    """Write a model with the schema of another table, as if it had been trained on that one's values."""
    shutil.copytree(model, folder)
    read.schema.save(folder / "schema.json")
    signature = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
    signature["columns"] = {name: read.schema[name].kind for name in signature["columns"]}
    write_json(folder / "signature.json", signature)


def _fit(read: Read, table: pd.DataFrame) -> Package:
    question = read.problem
    kinds: dict[str, Kind] = {
        column.name: column.kind for column in read.schema.columns if column.name != question.target
    }
    of = {kind: [name for name in kinds if kinds[name] == kind] for kind in set(kinds.values())}
    numeric = [name for name in kinds if kinds[name] in ("integer", "float", "boolean")]
    y = encode_target(table[question.target], question)
    recipe = Pipeline(
        [
            ("preprocess", Preprocessor(numeric, of.get("string", []), of.get("datetime", []))),
            ("engineer", Engineer(question.kind)),
            ("select", Selector(question.kind)),
        ]
    )
    matrix = recipe.fit_transform(table[list(kinds)], y)
    fitting = FitOptions(
        question.kind, question.metric, seed=0, alternatives=tuple(list_alternatives(recipe))
    )
    with threadpool_limits(1):
        estimator: Any = fit(_FAMILY, matrix, y, FAMILIES[_FAMILY].portfolio[0], fitting, _STEPS).estimator
    classes: list[Label] = []
    if question.kind == "regression":
        estimator = EnsembleRegressor([estimator], [1.0])
    else:
        classes = list(order_classes(question))
        estimator = LabelledClassifier(EnsembleClassifier(question.kind, [estimator], [1.0]), classes, None)
    signature = Signature(
        question.kind,
        question.target,
        kinds,
        classes,
        None,
        _FAMILY,
        FAMILIES[_FAMILY].title,
        question.metric,
    )
    return Package(Pipeline([*recipe.steps, ("model", estimator)]), signature, {"seed": 0})


def score(model: Path, dataset: Path) -> Predictions:
    """Return the predictions for rows that ``read_new`` read, as the stage score makes them.

    Raises
    ------
    InvalidData
        Columns are missing.
    """
    scorer, there = Scorer(model), read_arrow_schema(str(dataset))
    intake = Intake(scorer.signature.columns, scorer.schema, there)
    intake.check()
    frame = intake.build_frame(read_rows(str(dataset), range(count_rows(str(dataset))), intake.columns))
    scored = scorer.predict(frame)
    counted = count_values(frame, scored, scorer.signature.columns, scorer.schema, scorer.profile)
    return Predictions(list(zip(*(of.to_pylist() for of in scored), strict=True)), counted.unusual)


class Client:
    """Asks a model's server in both protocols."""

    def __init__(self, model: Path) -> None:
        self.served = ServedModel.load(model)
        self.tally = ServerMetrics(
            list(self.served.signature.columns), self.served.output_bounds, self.served.labels
        )
        self.answering = RequestHandler("mess", self.served, self.tally, _MOST_ROWS)

    def ask(self, protocol: Protocol, rows: list[dict[str, Any]]) -> list[list[float]] | str:
        """Return the outputs for rows, probabilities or values; or the error."""
        body = {"instances": rows} if protocol == "v1" else {"inputs": _build_tensors(rows)}
        encoded = json.dumps(body).encode()
        ((status, answer),) = self.answering.answer([Request(protocol, encoded)])
        answered = json.loads(answer)
        if status != 200:
            return str(answered["error"])
        if protocol == "v1":
            return [_extract_outputs(prediction) for prediction in answered["predictions"]]
        outputs = {of["name"]: of["data"] for of in answered["outputs"]}
        flat = outputs.get("probabilities") or outputs["value"]
        width = len(self.served.labels) or 1
        return [flat[i : i + width] for i in range(0, len(flat), width)]


def _extract_outputs(prediction: dict[str, Any]) -> list[float]:
    return list(prediction["probabilities"].values()) if "class" in prediction else [prediction["value"]]


def _build_tensors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": [len(rows)], "datatype": "BYTES", "data": [row[name] for row in rows]}
        for name in rows[0]
    ]
