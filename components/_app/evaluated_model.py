"""A compiled model as JSON values, for the modules in ``static/evaluator``."""

import base64
import gzip
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from components._compiled.model import ServingForm
from components._compiled.recipe import Value
from components._model.signature import Signature
from components._model.usual_row import compute_usual_row
from components._table.date_text import EPOCHS
from components._table.reading import BLANKS
from components._table.schema import Column, Schema
from components.errors import SuiteError
from components.json_file import read_json

Json = dict[str, Any]

_MOST_CHARACTERS = 0x110000


class NotCompiled(SuiteError):
    """A model has no compiled form."""


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
    DamagedModel
        The compiled form cannot be read.
    """
    signature = Signature(**read_json(folder / "signature.json"))
    if not (folder / "compiled").exists():
        reason = read_json(folder / "lineage.json").get("serving", {}).get("refused_because")
        raise NotCompiled(
            f"A page cannot hold the model, because it has no compiled form: {reason or 'none was written'}.",
            "Serve it instead (make serve), or train a model of other families.",
        )
    form = ServingForm.load(folder / "compiled")
    schema = Schema.load(folder / "schema.json")
    usual = compute_usual_row(signature.columns, read_json(folder / "profile.json"))
    return {
        "task": signature.task,
        "labels": signature.labels,
        "threshold": signature.threshold,
        "columns": [
            describe_reading(schema[name], value)
            for name, value in zip(signature.columns, usual, strict=True)
        ],
        "letters": list_letters(),
        "steps": form.steps,
        "form": form.form,
        "arrays": {name: _pack_array(values) for name, values in form.arrays.items()},
        "trees": {name: _pack(gzip.decompress(text)) for name, text in form.trees.items()},
    }


def describe_reading(column: Column, usual: Value) -> Json:
    """Return how a column's cells are read, and its usual value."""
    reader = column.reader
    reading = reader.reading
    return {
        "name": column.name,
        "kind": column.kind,
        "has_nulls": column.n_null > 0,
        "usual": _to_json(usual),
        "nulls": list(reading.nulls),
        "null_values": [_to_json(value) for value in sorted(reader.null_values, key=str)],
        "trues": list(reading.trues),
        "falses": list(reading.falses),
        "categories": list(column.categories),
        "is_folded": reading.is_folded,
        "unreadable": reading.unreadable,
        # Units of its numbers in a second, if its dates are numbers.
        "epoch": EPOCHS[reading.epoch] if reading.epoch else None,
    }


def _to_json(value: Value) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@cache
def list_letters() -> Json:
    """Return what Python knows of characters and JavaScript does not."""
    letters = list(map(chr, range(_MOST_CHARACTERS)))
    return {
        "foldings": {one: folded for one in letters if (folded := one.casefold()) != one.lower()},
        "digits": "".join(one for one in letters if one.isdigit() and unicodedata.category(one) != "Nd"),
        "blanks": BLANKS,
    }


def _pack_array(values: np.ndarray) -> Json:
    if values.dtype == np.int64:
        # JavaScript has no plain numbers of 64 bits; these are positions of features.
        values = values.astype(np.int32)
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return {"dtype": values.dtype.name, "shape": list(values.shape), "data": _pack(little.tobytes())}


def _pack(content: bytes) -> str:
    # Without a time, so that a model has the same page whenever it is written.
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
