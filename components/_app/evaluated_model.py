"""A compiled model as JSON values, for the modules in ``static/evaluator``."""

import base64
import gzip
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from components._app.model_folder import DamagedModelFolder, ModelFolder, decode_json, read_checked
from components._app.notation import to_json
from components._compiled.model import CompiledModel, DamagedModel, ServingForm
from components._model.golden_rows import TOLERANCE, measure_difference
from components._model.signature import Signature
from components._model.usual_row import compute_usual_row
from components.errors import SuiteError

Json = dict[str, Any]


class NotCompiled(SuiteError):
    """A model has no compiled form."""


class _GoldenRows(msgspec.Struct):
    rows: list[dict[str, Any]]
    predictions: list[list[float] | float]


def read_evaluated_model(folder: Path) -> Json:
    """Return what the evaluator needs of a model, as JSON values.

    Parameters
    ----------
    folder : Path
        The model folder that train wrote.

    Raises
    ------
    NotCompiled
        The model has no compiled form; the message says why.
    DamagedModelFolder, DamagedModel
        A file is missing, damaged, or of another model.
    """
    model = ModelFolder.load(folder)
    signature = model.signature
    form = _load_form(model)
    _check_form(form, model)
    usual = compute_usual_row(signature.columns, model.profile)
    return {
        "task": signature.task,
        "labels": signature.labels,
        "threshold": signature.threshold,
        "usual": list(map(to_json, usual)),
        "steps": form.steps,
        "form": form.form,
        "arrays": {name: _pack_array(values) for name, values in form.arrays.items()},
        "trees": {name: _pack(gzip.decompress(text)) for name, text in form.trees.items()},
    }


def _load_form(model: ModelFolder) -> ServingForm:
    folder = model.path / "compiled"
    if folder.exists():
        return ServingForm.load(folder)
    serving = model.lineage.get("serving", {})
    if serving.get("form") == "compiled":
        raise DamagedModelFolder.from_file(folder, "is missing")
    reason = serving.get("refused_because") or "none was written"
    raise NotCompiled(
        f"A page cannot hold the model, because it has no compiled form: {reason}.",
        "Serve it instead (make serve), or train a model of other families.",
    )


def _check_form(form: ServingForm, model: ModelFolder) -> None:
    """Predict the golden rows, which shows files that are of different models."""
    signature = model.signature
    files = (model.path / "compiled", model.path / "golden.json")
    golden = read_checked(files[1], lambda content: _decode_golden(content, list(signature.columns)))
    try:
        predict = CompiledModel(form).predict
    except DamagedModel as error:
        raise DamagedModelFolder.from_file(files[0], f"is damaged: {error.what.rstrip('.')}") from error
    try:
        difference = measure_difference(
            golden, signature.columns, lambda rows: _list_outputs(predict(rows), signature)
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DamagedModelFolder.from_strangers(*files, f"{type(error).__name__}: {error}") from error
    if not difference <= TOLERANCE:
        raise DamagedModelFolder.from_strangers(
            *files, f"the predictions of its rows differ from those of training by {difference:.1e}"
        )


def _list_outputs(outputs: np.ndarray, signature: Signature) -> list[list[float]]:
    if signature.task == "binary":
        outputs = np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
    rows: list[list[float]] = outputs.tolist()
    return rows


def _decode_golden(content: bytes, names: list[str]) -> Json:
    golden = decode_json(content, _GoldenRows)
    if not golden.rows or len(golden.rows) != len(golden.predictions):
        raise ValueError("it does not have a prediction for each row")
    if any(name not in row for row in golden.rows for name in names):
        raise ValueError("its rows do not have all columns of signature.json")
    return decode_json(content, Json)


def _pack_array(values: np.ndarray) -> Json:
    if values.dtype == np.int64:
        # JavaScript has no plain numbers of 64 bits; these are positions of features.
        values = values.astype(np.int32)
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return {"dtype": values.dtype.name, "shape": list(values.shape), "data": _pack(little.tobytes())}


def _pack(content: bytes) -> str:
    # Without a time, so that a model has the same page whenever it is written.
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
