"""The model that scores: compiled, or the pipeline if there is no compiled model."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from components._compiled.model import CompiledModel, ServingForm
from components._model.intervals import PredictionIntervals
from components._model.prediction_columns import name_prediction_columns
from components._model.signature import Signature
from components._recipe.model_input import to_columns
from components._table.schema import Kind, Schema
from components.json_file import read_json

if TYPE_CHECKING:
    from components._model.package import Package

# Returns the second class's probability, that of each of more than two classes, or a value.
Outputs = Callable[[pd.DataFrame], np.ndarray]


class Scorer:
    """A model, ready to predict tables; other processes can be sent it.

    Parameters
    ----------
    folder : Path
        The model folder that train wrote.

    Attributes
    ----------
    signature : Signature
        The model's inputs and outputs.
    schema : Schema
        The schema of the training rows.
    profile : dict
        The distributions in training.
    intervals : PredictionIntervals or None
        The intervals of a regression; None of other models.
    digest : str
        SHA-256 of the model file.

    Raises
    ------
    DamagedModel
        The compiled model cannot be read.
    IncompatibleModel
        There is no compiled model, and the pipeline was made with other versions of the libraries.
    """

    def __init__(self, folder: Path) -> None:
        self.signature = Signature(**read_json(folder / "signature.json"))
        self.schema = Schema.load(folder / "schema.json")
        self.profile: dict[str, Any] = read_json(folder / "profile.json")
        self.intervals = PredictionIntervals.load(folder)
        self.digest = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
        self._outputs = _load_predictor(folder, self.signature)

    @property
    def names(self) -> list[str]:
        """The columns that ``predict`` returns."""
        return name_prediction_columns(self.signature)

    def predict_outputs(self, rows: pd.DataFrame) -> np.ndarray:
        """Return what a compiled model returns for rows with its columns, shape (n_rows, n_outputs)."""
        return self._outputs(rows)

    def predict(self, rows: pd.DataFrame) -> list[pa.Array]:
        """Return predictions and probabilities for rows with the model's columns.

        The prediction is the class at the model's threshold, or the likeliest class, or the value of a
        regression. The probability is that of the positive class of two, else of the predicted class.
        """
        outputs = self._outputs(rows)
        if self.signature.task == "regression":
            return [pa.array(outputs[:, 0])]
        classes = pa.array(self.signature.classes)
        if self.signature.task == "binary":
            positive = outputs[:, 0]
            decisions = self.signature.decide(positive).astype(np.int64)
            return [classes.take(pa.array(decisions)), pa.array(positive)]
        likeliest = outputs.argmax(axis=1)
        highest = outputs[np.arange(len(outputs)), likeliest]
        by_class = [pa.array(np.ascontiguousarray(column)) for column in outputs.T]
        return [classes.take(pa.array(likeliest)), pa.array(highest), *by_class]


class _CompiledOutputs:
    """Predicts with a compiled model, which another process compiles again from its form."""

    def __init__(self, form: ServingForm, columns: dict[str, Kind]) -> None:
        self._form, self._columns = form, columns
        self._model = CompiledModel(form)

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        return self._model.predict_columns(to_columns(rows, self._columns))

    def __reduce__(self) -> tuple[Callable[..., "_CompiledOutputs"], tuple[Any, ...]]:
        return _CompiledOutputs, (self._form, self._columns)


class _PipelineOutputs:
    """Predicts with the pipeline."""

    def __init__(self, package: "Package", columns: dict[str, Kind]) -> None:
        self._package = package
        self._strings = [name for name, kind in columns.items() if kind == "string"]

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        return self._package.predict_outputs(rows.astype(dict.fromkeys(self._strings, object)))


def _load_predictor(folder: Path, signature: Signature) -> Outputs:
    if (folder / "compiled").exists():
        return _CompiledOutputs(ServingForm.load(folder / "compiled"), signature.columns)
    # Only the pipeline needs scikit-learn, which takes long to import.
    from components._model.package import Package

    return _PipelineOutputs(Package.load(folder), signature.columns)
