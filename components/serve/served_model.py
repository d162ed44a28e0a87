"""The model that is served: loaded, warmed up, and asked."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from components._compiled.model import CompiledModel, ServingForm
from components._compiled.recipe import Value
from components._model.signature import Signature
from components._problem.task import Label
from components._table.schema import Kind, Schema
from components.errors import SuiteError
from components.serve.row_reader import RowReader, parse_moment

# The outputs of rows: for each the probability of the second of two classes, or of each of more, or a value.
Predict = Callable[[Sequence[Sequence[Value]]], np.ndarray]

# Compiled, which is fast, or as scikit-learn has it.
Form = Literal["compiled", "pipeline"]

Content = TypeVar("Content")

_SHOWN_DIGITS = 12
_TOLERANCE = 1e-6
_EPOCH = datetime(1970, 1, 1)


class UnusableModel(SuiteError):
    """A folder holds no model that can be served."""


class RowPrediction(NamedTuple):
    """What is predicted for a row.

    Attributes
    ----------
    outputs : list of float
        The probability of each class, or the value of a regression.
    likeliest, decision : int or None
        Numbers of the likeliest class, and of the one decided on at the model's threshold; None for a
        regression.
    """

    outputs: list[float]
    likeliest: int | None = None
    decision: int | None = None


class ServedModel:
    """A model, ready to answer.

    Parameters
    ----------
    signature : Signature
        What goes in and comes out.
    schema : Schema
        What the columns were in training.
    profile : dict
        How columns and predictions were distributed in training.
    predict : callable
        From rows of values, in the signature's order, to outputs.
    version : str
        Which model it is.
    form : {"compiled", "pipeline"}
        The form that it predicts in.
    """

    def __init__(
        self,
        signature: Signature,
        schema: Schema,
        profile: dict[str, Any],
        predict: Predict,
        version: str,
        form: Form,
    ) -> None:
        self.signature = signature
        self.version = version
        self.form = form
        self.row_reader = RowReader(list(signature.columns), schema)
        self.usual = _compute_usual_row(signature, profile)
        self.output_bounds: list[float] = profile["predictions"]["starts"]
        self.labels = [format_label(label) for label in signature.classes]
        self.output_names = ("class", "probabilities", "decision") if self.labels else ("value",)
        self._predict = predict

    @classmethod
    def load(cls, folder: str | Path, version: str | None = None) -> "ServedModel":
        """Load a model's folder, and predict a row of its own to see that it works.

        Parameters
        ----------
        folder : str or Path
            What train wrote.
        version : str or None
            Its version in a registry. None: the beginning of its file's SHA-256.

        Raises
        ------
        UnusableModel
            There is no model in the folder, or its files do not belong together.
        DamagedModel
            The fast form cannot be read.
        IncompatibleModel
            Without a fast form: it was made with other versions of the libraries.
        """
        place = Path(folder)
        signature = _read_file(place / "signature.json", lambda file: Signature(**_read_json(file)))
        schema = _read_file(place / "schema.json", Schema.load)
        profile = _read_file(place / "profile.json", _read_json)
        golden = _read_file(place / "golden.json", _read_json)
        digest = hashlib.sha256(_read_file(place / "model.skops", Path.read_bytes)).hexdigest()
        form: Form = "compiled" if (place / "compiled").exists() else "pipeline"
        served = cls(
            signature,
            schema,
            profile,
            _load_compiled(place) if form == "compiled" else _load_pipeline(place),
            version or digest[:_SHOWN_DIGITS],
            form,
        )
        served.check(golden)
        return served

    def predict(self, rows: Sequence[Sequence[Value]]) -> list[RowPrediction]:
        """Return the answers for rows, as ``Rows.values`` gives them."""
        task, threshold = self.signature.task, self.signature.threshold
        outputs = self._predict(rows).tolist()
        if task == "regression":
            return [RowPrediction(of_row) for of_row in outputs]
        answers = []
        for of_row in outputs:
            probabilities = [1 - of_row[0], of_row[0]] if task == "binary" else of_row
            likeliest = probabilities.index(max(probabilities))
            decision = likeliest if threshold is None else int(of_row[0] >= threshold)
            answers.append(RowPrediction(probabilities, likeliest, decision))
        return answers

    def explain(self, row: Sequence[Value], answer: RowPrediction) -> dict[str, float]:
        """Return how far each column moves a prediction away from where its usual value would leave it.

        The output explained is the probability of the likeliest class, of two classes of the second, or the
        value. Each column alone is put to what is usual, its median or most frequent value, so columns that
        say the same share no credit (an occlusion, as of Zeiler and Fergus 2014).

        Parameters
        ----------
        row : sequence of float, str, datetime or None
            The row.
        answer : Answer
            What was predicted for it.
        """
        explained = self.get_explained_output(answer)
        changed = [[*row[:i], usual, *row[i + 1 :]] for i, usual in enumerate(self.usual)]
        # The row again, as its rounding depends on the rows beside it.
        itself, *others = (of_row.outputs[explained] for of_row in self.predict([row, *changed]))
        return {name: itself - other for name, other in zip(self.signature.columns, others, strict=True)}

    def get_explained_output(self, answer: RowPrediction) -> int:
        """Return the number of the output that ``explain`` explains."""
        if self.signature.task == "binary":
            return 1
        return 0 if answer.likeliest is None else answer.likeliest

    def check(self, golden: dict[str, Any]) -> None:
        """Predict the rows that train left with the model.

        Raises
        ------
        UnusableModel
            A prediction is not what it was.
        """
        kinds = self.signature.columns
        rows = [
            [
                parse_moment(row[name]) if kinds[name] == "datetime" and row[name] else row[name]
                for name in kinds
            ]
            for row in golden["rows"]
        ]
        expected = np.array(golden["predictions"]).reshape(len(rows), -1)
        predicted = np.array([answer.outputs for answer in self.predict(rows)])
        difference = np.abs(predicted - expected) / np.maximum(1, np.abs(expected))
        if not (difference <= _TOLERANCE).all():
            raise UnusableModel(
                f"Its golden rows are predicted otherwise than in training, by {difference.max():.1e}.",
                "Its files do not belong together: copy the whole folder again, or train it again.",
            )


def format_label(label: Label) -> str:
    """Return a class as text: that of JSON where it is no string."""
    return label if isinstance(label, str) else json.dumps(label)


def _load_compiled(folder: Path) -> Predict:
    return CompiledModel(ServingForm.load(folder / "compiled")).predict


def _load_pipeline(folder: Path) -> Predict:
    # Only a model without a fast form needs scikit-learn, whose import takes seconds.
    import pandas as pd

    from components._model.package import Package

    package = Package.load(folder)
    columns = list(package.signature.columns)

    def predict(rows: Sequence[Sequence[Value]]) -> np.ndarray:
        predicted = package.predict(pd.DataFrame(list(rows), columns=columns))
        predicted = predicted.reshape(len(rows), -1)
        return predicted[:, 1:] if package.signature.task == "binary" else predicted

    return predict


def _compute_usual_row(signature: Signature, profile: dict[str, Any]) -> list[Value]:
    """Return the median or the most frequent value of each column; None where all were null."""
    return [_compute_usual_value(profile["columns"][name], kind) for name, kind in signature.columns.items()]


def _compute_usual_value(facts: dict[str, Any], kind: Kind) -> Value:
    if kind == "string":
        return max(facts["categories"], key=facts["categories"].get, default=None)
    shares, starts = facts["shares"], facts["starts"]
    if not starts:
        return None
    # The start of the bin that holds the middle row.
    middle = starts[bisect_left(list(accumulate(shares)), sum(shares) / 2)]
    return _EPOCH + timedelta(seconds=middle) if kind == "datetime" else float(middle)


def _read_file(file: Path, how: Callable[[Path], Content]) -> Content:
    try:
        return how(file)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnusableModel(
            f"{file.parent} holds no whole model. Of {file.name}: {type(error).__name__}: {error}.",
            "Name the folder that train wrote, and copy all of it.",
        ) from error


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
