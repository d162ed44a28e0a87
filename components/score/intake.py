"""A table's columns as a model wants them: checked by name and kind before anything is predicted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from components._table.arrow import get_kind
from components._table.schema import Kind, Schema
from components.errors import InvalidData, suggest_name

_REMEDY = "Correct the table, or score it with a model that was trained on such columns."


class Intake:
    """Takes what a model needs from the rows of a table, which ingest has read for it.

    Parameters
    ----------
    wanted : mapping of str to Kind
        The model's columns, in its order.
    training : Schema
        What the columns were in training.
    there : pyarrow Schema
        The table's columns; those that the model does not know are left alone.
    """

    def __init__(self, wanted: Mapping[str, Kind], training: Schema, there: pa.Schema) -> None:
        self._wanted = dict(wanted)
        self._training = training
        self._there = {field.name: get_kind(field.type) for field in there}
        self.columns = [name for name in wanted if name in self._there]
        self.ignored = [name for name in self._there if name not in wanted]

    def check(self) -> None:
        """See that every column is there, and of the model's kind.

        Raises
        ------
        InvalidData
            Some are not: all are named.
        """
        faults = [
            f"Column {name!r} is missing, and was never null in training. "
            f"{suggest_name(name, list(self._there), 'column')}"
            for name in self._wanted
            if name not in self._there and not self._training[name].n_null
        ]
        faults += [
            f"Column {name!r} is of kind {self._there[name]}, and {self._wanted[name]} in the model: "
            "it was not read with the model's readings."
            for name in self.columns
            if self._there[name] != self._wanted[name]
        ]
        if faults:
            raise InvalidData("\n".join(faults), _REMEDY)

    def build_frame(self, table: pa.Table) -> pd.DataFrame:
        """Return the model's columns of checked rows: strings as categories, absent columns as nulls."""
        raw = table.to_pandas(strings_to_categorical=True)
        columns: dict[str, Any] = {
            name: raw[name] if name in self._there else _make_nulls(len(raw), kind)
            for name, kind in self._wanted.items()
        }
        return pd.DataFrame(columns, index=raw.index)


def _make_nulls(n_rows: int, kind: Kind) -> pd.Series:
    if kind == "datetime":
        return pd.Series(np.full(n_rows, np.datetime64("NaT", "us")))
    return pd.Series([None] * n_rows, dtype=object if kind in ("string", "boolean") else np.float64)
