"""The columns that a model needs: checked by name and kind before the first prediction."""

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
    """Takes the columns that a model needs from a table that ingest has read for it.

    Parameters
    ----------
    columns : mapping of str to Kind
        The model's columns, in its order.
    training : Schema
        The schema of the training rows.
    table : pyarrow Schema
        The table's columns; those that the model does not use are ignored.
    """

    def __init__(self, columns: Mapping[str, Kind], training: Schema, table: pa.Schema) -> None:
        self._kinds = dict(columns)
        self._training = training
        self._table_kinds = {field.name: get_kind(field.type) for field in table}
        self.columns = [name for name in columns if name in self._table_kinds]
        self.ignored = [name for name in self._table_kinds if name not in columns]

    def check(self) -> None:
        """Check that the table has every column, and in the model's kind.

        Raises
        ------
        InvalidData
            Columns are missing or of another kind; the message names all of them.
        """
        faults = [
            f"Column {name!r} is missing, and was never null in training. "
            f"{suggest_name(name, list(self._table_kinds), 'column')}"
            for name in self._kinds
            if name not in self._table_kinds and not self._training[name].n_null
        ]
        faults += [
            f"Column {name!r} is of kind {self._table_kinds[name]}, but {self._kinds[name]} in the model: "
            "it was not read with the model's readings."
            for name in self.columns
            if self._table_kinds[name] != self._kinds[name]
        ]
        if faults:
            raise InvalidData("\n".join(faults), _REMEDY)

    def build_frame(self, table: pa.Table) -> pd.DataFrame:
        """Return the model's columns of checked rows, strings as categories, missing columns as nulls."""
        raw = table.to_pandas(strings_to_categorical=True)
        columns: dict[str, Any] = {
            name: raw[name] if name in self._table_kinds else _make_nulls(len(raw), kind)
            for name, kind in self._kinds.items()
        }
        return pd.DataFrame(columns, index=raw.index)


def _make_nulls(n_rows: int, kind: Kind) -> pd.Series:
    if kind == "datetime":
        return pd.Series(np.full(n_rows, np.datetime64("NaT", "us")))
    return pd.Series([None] * n_rows, dtype=object if kind in ("string", "boolean") else np.float64)
