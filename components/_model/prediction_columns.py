"""The columns of a table of predictions: their names, and their values from a server's answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from components._model.signature import Signature


def name_prediction_columns(signature: Signature) -> list[str]:
    """Return the names of the columns that a model adds to a table: its prediction and probabilities."""
    classes = pa.array(signature.classes).cast(pa.string()).to_pylist()
    names = ["prediction"] + (["probability"] if classes else [])
    return names + ([f"probability_{name}" for name in classes] if len(classes) > 2 else [])


def build_prediction_columns(signature: Signature, answer: Mapping[str, Any]) -> list[pa.Array]:
    """Return the columns of ``name_prediction_columns`` from an answer in the V2 protocol.

    Parameters
    ----------
    signature : Signature
        The model's inputs and outputs.
    answer : mapping
        The answer, as JSON values.
    """
    tensors = {tensor["name"]: tensor["data"] for tensor in answer["outputs"]}
    if signature.task == "regression":
        return [pa.array(tensors["value"], pa.float64())]
    labels = {label: i for i, label in enumerate(signature.labels)}
    decisions = [labels[label] for label in tensors["decision"]]
    predicted = pa.array(signature.classes).take(pa.array(decisions, pa.int64()))
    outputs = np.array(tensors["probabilities"], dtype=np.float64).reshape(len(decisions), -1)
    if signature.task == "binary":
        return [predicted, pa.array(outputs[:, 1])]
    by_class = [pa.array(np.ascontiguousarray(column)) for column in outputs.T]
    return [predicted, pa.array(outputs.max(axis=1)), *by_class]
