"""The model of the tab Batch: its columns, and a function that predicts rows somewhere else."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from components._model.prediction_columns import build_prediction_columns, name_prediction_columns
from components._model.signature import Signature
from components._readings.model_columns import ModelColumns
from components._table.datatypes import DATATYPES
from components._table.reading import CellReader
from components.errors import SuiteError
from components.json_file import read_json

Json = dict[str, Any]
# Takes a request in the V2 protocol, and returns the answer; both as JSON values.
Infer = Callable[[Json], Awaitable[Json]]


class FailedPrediction(SuiteError):
    """The server of the model did not predict rows of a file."""


class ChangedVersion(SuiteError):
    """Another version of the model answers than the one that a file was checked for."""


@dataclass(frozen=True)
class BatchModel:
    """A model for whole tables.

    Attributes
    ----------
    signature : Signature
        Its inputs and outputs.
    columns : ModelColumns
        How its columns are read.
    version : str
        Its version, as the server's answers have it.
    infer : callable
        Predicts rows; raises ``FailedPrediction`` if it cannot.
    """

    signature: Signature
    columns: ModelColumns
    version: str
    infer: Infer

    @classmethod
    def load(cls, folder: Path, version: str, infer: Infer) -> "BatchModel":
        """Read a model's columns from the folder that train wrote."""
        signature = Signature(**read_json(folder / "signature.json"))
        return cls(signature, ModelColumns.load(folder, is_lenient=False), version, infer)

    @property
    def prediction_names(self) -> list[str]:
        """The names of the columns that ``predict`` returns."""
        return name_prediction_columns(self.signature)

    def build_readers(self, names: Sequence[str]) -> dict[str, CellReader]:
        """Return the readers of the model's columns, as far as a table has them."""
        return {name: self.columns.schema[name].reader for name in self.columns.used if name in names}

    async def predict(self, values: pa.RecordBatch) -> list[pa.Array]:
        """Return the columns of predictions for values of the model's columns.

        Raises
        ------
        FailedPrediction
            The server refuses the rows, or does not answer.
        ChangedVersion
            The server has another version of the model by now.
        """
        answer = await self.infer(self._build_request(values))
        if answer["model_version"] != self.version:
            raise ChangedVersion(
                f"The model has changed from version {self.version} to {answer['model_version']}.",
                "Check the file again.",
            )
        return build_prediction_columns(self.signature, answer)

    def _build_request(self, values: pa.RecordBatch) -> Json:
        tensors = []
        for name, column in zip(values.schema.names, values.columns, strict=True):
            kind = self.columns.schema[name].kind
            data = column.to_pylist()
            if kind == "datetime":
                data = [None if moment is None else moment.isoformat() for moment in data]
            tensors.append({"name": name, "shape": [len(data)], "datatype": DATATYPES[kind], "data": data})
        return {"inputs": tensors}
