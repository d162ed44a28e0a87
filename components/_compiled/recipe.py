"""The recipe's steps for one row at a time: Python code generated from the exports of the steps.

The code holds every number of the recipe where it is used, has no loop over columns, and looks up only
categories. So a row takes a few microseconds.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from components._compiled.dates import MICROSECONDS_OF_DAY
from components._compiled.fields import CategoryField, DateField, Exported, NumberField, build_fields

Value = float | str | datetime | None

_WIDEST = float(np.finfo(np.float32).max)
# Code for the parts of a date v and its microseconds since 1970.
_PARTS = {
    "days": f"(microseconds - {{first}}) / {MICROSECONDS_OF_DAY}",
    "month": "v.month",
    "day": "v.day",
    "weekday": "v.weekday()",
    "hour": "v.hour",
}


class CompiledRecipe:
    """Transforms rows like the recipe that it was compiled from.

    Parameters
    ----------
    exported : dict of str to dict
        Exports of the steps preprocess, engineer and select.
    columns : sequence of str
        Raw columns in the order of a row's values.

    Attributes
    ----------
    n_features : int
        Number of features.
    source : str
        Code of the function.
    """

    def __init__(self, exported: Exported, columns: Sequence[str]) -> None:
        self.n_features = len(exported["select"]["kept"])
        self._constants: dict[str, Any] = {
            "epoch": datetime(1970, 1, 1),
            "microsecond": timedelta(microseconds=1),
        }
        at = {name: i for i, name in enumerate(columns)}
        lines = [f"{', '.join(f'v{i}' for i in range(len(columns)))}, = values"]
        for name, field in build_fields(exported).items():
            if isinstance(field, NumberField):
                lines += _write_number(f"v{at[name]}", field)
            elif isinstance(field, DateField):
                lines += _write_date(f"v{at[name]}", field)
            else:
                lines += self._write_category(at[name], field)
        names = ", ".join(f"f{position}" for position in range(self.n_features))
        lines.append(f"return {names},")
        self.source = "\n    ".join(["def transformed(values):", *lines]) + "\n"
        # The code holds only numbers, positions and names made here, no text of the model.
        exec(compile(self.source, "<compiled recipe>", "exec"), self._constants)  # noqa: S102
        self._transformed: Callable[[Sequence[Value]], tuple[float, ...]] = self._constants["transformed"]
        self._packing = struct.Struct(f"{self.n_features}f")

    def transform(self, rows: Sequence[Sequence[Value]]) -> np.ndarray:
        """Return the features of rows, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        rows : sequence of sequences of float, str, datetime or None
            Raw values in the order of the columns; None for a null, all numbers finite.
        """
        width = self._packing.size
        packed = bytearray(len(rows) * width)
        offset = 0
        for values in rows:
            self._packing.pack_into(packed, offset, *self._transformed(values))
            offset += width
        return np.frombuffer(packed, dtype=np.float32).reshape(len(rows), self.n_features)

    def _write_category(self, column: int, field: CategoryField) -> list[str]:
        """Return the lines for a string: one look-up in a table of its features."""
        if not field.positions:
            return []
        self._constants |= {f"table{column}": field.known.get, f"other{column}": field.other}
        targets = ", ".join(f"f{position}" for position in field.positions)
        return [f"{targets}, = table{column}(v{column}, other{column})"]


def _write_number(v: str, field: NumberField) -> Iterator[str]:
    """Yield the lines for a number and its null indicator."""
    if_null, if_known = [], []
    if field.position is not None:
        if_null.append(f"f{field.position} = {field.if_null!r}")
        if field.low is not None:
            if_known.append(f"if {v} < {field.low!r}: {v} = {field.low!r}")
        if field.high is not None:
            if_known.append(f"if {v} > {field.high!r}: {v} = {field.high!r}")
        if_known.append(f"f{field.position} = ({v} - {field.mean!r}) / {field.scale!r}")
        if field.low is None:
            # A number that is not clipped may be too large for float32.
            if_known.append(f"if not {-_WIDEST!r} <= f{field.position} <= {_WIDEST!r}:")
            if_known.append(f"    f{field.position} = {_WIDEST!r} if f{field.position} > 0 else {-_WIDEST!r}")
    yield from _write_branches(v, if_null, if_known, field.null_position)


def _write_date(v: str, field: DateField) -> Iterator[str]:
    """Yield the lines for a date's parts and its null indicator."""
    if_null, if_known = [], []
    if any(part.name == "days" for part in field.parts):
        if_known.append(f"microseconds = ({v} - epoch) // microsecond")
    for part in field.parts:
        if_null.append(f"f{part.position} = {part.if_null!r}")
        value = _PARTS[part.name].replace("{first}", str(field.first)).replace("v.", f"{v}.")
        if_known.append(f"f{part.position} = ({value} - {part.mean!r}) / {part.scale!r}")
    yield from _write_branches(v, if_null, if_known, field.null_position)


def _write_branches(
    v: str, if_null: list[str], if_known: list[str], null_position: int | None
) -> Iterator[str]:
    if null_position is not None:
        if_null, if_known = [*if_null, f"f{null_position} = 1.0"], [*if_known, f"f{null_position} = 0.0"]
    if if_null:
        yield f"if {v} is None:"
        yield from (f"    {line}" for line in if_null)
        yield "else:"
        yield from (f"    {line}" for line in if_known)
