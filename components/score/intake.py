"""A table's columns as a model wants them: checked by name, kind and value before anything is predicted."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from components._table.arrow import kind_of
from components._table.schema import Kind, Schema
from components.errors import SHOWN, InvalidData, listed, suggestion

# Kinds of which every value has one meaning in the other kind, or shows that it has none.
_CONVERTIBLE: set[tuple[Kind, Kind]] = {
    ("integer", "float"),
    ("float", "integer"),
    ("string", "integer"),
    ("string", "float"),
    ("string", "datetime"),
    ("integer", "boolean"),
    ("integer", "string"),
}
_REMEDY = "Correct the table, or score it with a model that was trained on such columns."


class Intake:
    """Takes what a model needs from the rows of a table.

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
        self._there = {field.name: kind_of(field.type) for field in there}
        self.columns = [name for name in wanted if name in self._there]
        self.ignored = [name for name in self._there if name not in wanted]

    @property
    def doubtful(self) -> list[str]:
        """The columns whose values must be seen to know whether they can be converted."""
        return [name for name in self.columns if self._there[name] != self._wanted[name]]

    def check(self, tables: Iterable[tuple[int, pa.Table]]) -> None:
        """See that every column is there and can be converted.

        Parameters
        ----------
        tables : iterable of (int, Table)
            All rows of the doubtful columns in pieces, each with the number of its first row.

        Raises
        ------
        InvalidData
            Some columns cannot: all are named, each with at most five rows.
        """
        faults = [
            f"Column {name!r} is missing, and was never null in training. "
            f"{suggestion(name, list(self._there), 'column')}"
            for name in self._wanted
            if name not in self._there and not self._training[name].n_null
        ]
        wrong: dict[str, list[str]] = {name: [] for name in self.doubtful}
        for first, table in tables:
            for name, found in wrong.items():
                column = table[name]
                failed = self._converted(name, column).isna() & ~column.is_null().to_pandas()
                found += [
                    f"row {first + int(row):,} {column[row].as_py()!r:.40}" for row in np.flatnonzero(failed)
                ]
        faults += [
            f"Column {name!r} holds what is no {self._wanted[name]}: {listed(found, SHOWN)}."
            for name, found in wrong.items()
            if found
        ]
        if faults:
            raise InvalidData("\n".join(faults), _REMEDY)

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """Return the model's columns of checked rows: strings as categories, absent columns as nulls."""
        raw = table.to_pandas(strings_to_categorical=True)
        columns: dict[str, Any] = {}
        for name, kind in self._wanted.items():
            if name not in self._there:
                columns[name] = _nulls(len(raw), kind)
            elif self._there[name] == kind:
                columns[name] = raw[name]
            else:
                columns[name] = self._converted(name, table[name])
        return pd.DataFrame(columns, index=raw.index)

    def _converted(self, name: str, column: pa.ChunkedArray) -> pd.Series:
        """Return values of another kind as the model's; null where one has no such meaning."""
        have, want = self._there[name], self._wanted[name]
        if have is None or (have, want) not in _CONVERTIBLE or column.null_count == len(column):
            return _nulls(len(column), want)
        if want == "string":
            return pd.Series(column.cast(pa.string()).to_pandas())
        values: pd.Series = column.to_pandas()
        converted: pd.Series
        if want == "datetime":
            moments = pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)
            converted = moments.dt.tz_localize(None).astype("datetime64[us]")
        elif want == "boolean":
            converted = values.map({0: False, 1: True}).astype(object)
        else:
            converted = pd.to_numeric(values, errors="coerce").astype(np.float64)
        return converted


def _nulls(n_rows: int, kind: Kind) -> pd.Series:
    if kind == "datetime":
        return pd.Series(np.full(n_rows, np.datetime64("NaT", "us")))
    return pd.Series([None] * n_rows, dtype=object if kind in ("string", "boolean") else np.float64)
