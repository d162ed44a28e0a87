"""The served model: loading, check, predictions and explanations."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from components._compiled.model import CompiledModel, ServingForm
from components._compiled.recipe import Value
from components._model.golden_rows import TOLERANCE, measure_difference
from components._model.signature import Signature
from components._model.usual_row import compute_usual_row
from components._table.row_reader import RowReader
from components._table.schema import Schema
from components.errors import SuiteError
from components.json_file import read_json

# Returns an output for each row: the second class's probability, that of each of more classes, or a value.
Predict = Callable[[Sequence[Sequence[Value]]], np.ndarray]

# Compiled, which is fast, or scikit-learn's pipeline.
Form = Literal["compiled", "pipeline"]

Content = TypeVar("Content")


class UnusableModel(SuiteError):
    """A folder does not hold a model that can be served."""


class RowPrediction(NamedTuple):
    """The prediction for a row.

    Attributes
    ----------
    outputs : list of float
        The probability of each class, or the value of a regression.
    likeliest, decision : int or None
        Numbers of the likeliest class, and of the class at the model's threshold; None for a regression.
    """

    outputs: list[float]
    likeliest: int | None = None
    decision: int | None = None


class ServedModel:
    """A model, ready to predict.

    Parameters
    ----------
    signature : Signature
        The model's inputs and outputs.
    schema : Schema
        The schema of the training rows.
    profile : dict
        The distributions of columns and predictions in training.
    predict : callable
        Returns the outputs of rows of values in the signature's order.
    version : str
        The model's version.
    form : {"compiled", "pipeline"}
        The form that predicts.
    digest : str
        The first 12 digits of the model file's SHA-256.
    """

    def __init__(
        self,
        signature: Signature,
        schema: Schema,
        profile: dict[str, Any],
        predict: Predict,
        version: str,
        form: Form,
        digest: str = "",
    ) -> None:
        self.signature = signature
        self.version = version
        self.log_name = version if version.endswith(digest) else f"{version}-{digest}"
        self.form = form
        self.row_reader = RowReader(list(signature.columns), schema)
        self.usual_row = compute_usual_row(signature.columns, profile)
        self.output_bounds: list[float] = profile["predictions"]["starts"]
        self.labels = signature.labels
        self.output_names = ("class", "probabilities", "decision") if self.labels else ("value",)
        self._predict = predict

    @classmethod
    def load(cls, folder: str | Path, version: str | None = None) -> "ServedModel":
        """Load a model folder, and check it with its golden rows.

        Parameters
        ----------
        folder : str or Path
            The folder that train wrote.
        version : str or None
            The version in a registry. None: the first 12 digits of the model file's SHA-256.

        Raises
        ------
        UnusableModel
            The folder is not complete, or its files do not belong together.
        DamagedModel
            The compiled model cannot be read.
        IncompatibleModel
            There is no compiled model, and the pipeline was made with other versions of the libraries.
        """
        path = Path(folder)
        signature = read_file(path / "signature.json", lambda file: Signature(**read_json(file)))
        schema = read_file(path / "schema.json", Schema.load)
        profile = read_file(path / "profile.json", read_json)
        golden = read_file(path / "golden.json", read_json)
        digest = hashlib.sha256(read_file(path / "model.skops", Path.read_bytes)).hexdigest()[:12]
        form: Form = "compiled" if (path / "compiled").exists() else "pipeline"
        served = cls(
            signature,
            schema,
            profile,
            _load_compiled(path) if form == "compiled" else _load_pipeline(path),
            version or digest,
            form,
            digest,
        )
        served.check(golden)
        return served

    def predict(self, rows: Sequence[Sequence[Value]]) -> list[RowPrediction]:
        """Return the predictions for rows of values in the signature's order."""
        signature = self.signature
        outputs = self._predict(rows).tolist()
        if signature.task == "regression":
            return [RowPrediction(values) for values in outputs]
        predictions = []
        for values in outputs:
            probabilities = [1 - values[0], values[0]] if signature.task == "binary" else values
            likeliest = probabilities.index(max(probabilities))
            decision = int(signature.decide(values[0])) if signature.task == "binary" else likeliest
            predictions.append(RowPrediction(probabilities, likeliest, decision))
        return predictions

    def explain(self, row: Sequence[Value], prediction: RowPrediction) -> dict[str, float]:
        """Return how far each column moves a prediction, compared with the column's usual value.

        The explained output is the probability of the second of two classes or of the likeliest of more, or
        the value. One column at a time is set to its median or most frequent value (occlusion: Zeiler and
        Fergus 2014). Columns that say the same do not share their effect.

        Parameters
        ----------
        row : sequence of float, str, datetime or None
            The row.
        prediction : RowPrediction
            Its prediction.
        """
        explained = self.get_explained_output(prediction)
        changed = [[*row[:i], usual, *row[i + 1 :]] for i, usual in enumerate(self.usual_row)]
        # Predict the row again, because its rounding depends on the rows beside it.
        itself, *others = (predicted.outputs[explained] for predicted in self.predict([row, *changed]))
        return {name: itself - other for name, other in zip(self.signature.columns, others, strict=True)}

    def get_explained_output(self, prediction: RowPrediction) -> int:
        """Return the number of the output that ``explain`` explains."""
        if self.signature.task == "binary":
            return 1
        return 0 if prediction.likeliest is None else prediction.likeliest

    def check(self, golden: dict[str, Any]) -> None:
        """Predict the golden rows, and compare the predictions with those of training.

        Raises
        ------
        UnusableModel
            A prediction differs.
        """
        difference = measure_difference(
            golden,
            self.signature.columns,
            lambda rows: [prediction.outputs for prediction in self.predict(rows)],
        )
        if not difference <= TOLERANCE:
            raise UnusableModel(
                f"The golden rows' predictions differ from those of training by {difference:.1e}: the "
                "files do not belong together.",
                "Copy the whole model folder again, or train again.",
            )


def _load_compiled(folder: Path) -> Predict:
    return CompiledModel(ServingForm.load(folder / "compiled")).predict


def _load_pipeline(folder: Path) -> Predict:
    # Only a model without a compiled form needs scikit-learn, whose import takes seconds.
    import pandas as pd

    from components._model.package import Package

    package = Package.load(folder)
    columns = list(package.signature.columns)
    return lambda rows: package.predict_outputs(pd.DataFrame(list(rows), columns=columns))


def read_file(file: Path, read: Callable[[Path], Content]) -> Content:
    """Return what a function reads from a file of a model's folder.

    Raises
    ------
    UnusableModel
        The file is missing or damaged.
    """
    try:
        return read(file)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnusableModel(
            f"{file.parent} is not a complete model folder. {file.name}: {type(error).__name__}: {error}.",
            "Name the folder that train wrote, or copy all of it again.",
        ) from error
