"""The recipe's steps for one row at a time: Python code generated from the exports of the steps.

The code holds every number of the recipe where it is used, has no loop over columns, and looks up only
categories. So a row takes a few microseconds. It computes numbers and parts of dates as ``steps`` does; all
other features, and those of nulls, are constants that ``steps`` computed.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from components._compiled.columns import ColumnarRecipe, Exported
from components._compiled.dates import MICROSECONDS_OF_DAY
from components._compiled.steps import OTHER, Categories, DatePart, MadeColumn, Scaling, Strings, build_matrix

Value = float | str | datetime | None

_WIDEST = float(np.finfo(np.float32).max)
# Code for the parts of a date v, whose days are counted from the first one.
_PARTS = {
    "days": f"(({{v}} - epoch) // microsecond - {{first}}) / {MICROSECONDS_OF_DAY}",
    "month": "{v}.month",
    "day": "{v}.day",
    "weekday": "{v}.weekday()",
    "hour": "{v}.hour",
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
    """

    def __init__(self, exported: Exported, columns: Sequence[str]) -> None:
        recipe = ColumnarRecipe(exported)
        self.n_features = recipe.n_features
        self._constants: dict[str, Any] = {
            "epoch": datetime(1970, 1, 1),
            "microsecond": timedelta(microseconds=1),
        }
        at = {name: f"v{i}" for i, name in enumerate(columns)}
        lines = [f"{', '.join(at.values())}, = values"]
        for preprocessed, features in recipe.made:
            v = at[preprocessed.source]
            if isinstance(preprocessed.compute, Categories):
                lines.append(self._write_category(v, preprocessed.compute, features))
            elif isinstance(preprocessed.compute, Scaling):
                lines += _write_number(v, preprocessed.compute, features[0][0])
            else:
                lines += _write_date_or_indicator(v, features)
        names = ", ".join(f"f{position}" for position in range(self.n_features))
        code = "\n    ".join(["def transform_row(values):", *lines, f"return {names},"])
        # The code holds only numbers, positions and names made here, no text of the model.
        exec(compile(code, "<compiled recipe>", "exec"), self._constants)  # noqa: S102
        self._transform_row: Callable[[Sequence[Value]], tuple[float, ...]] = self._constants["transform_row"]
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
            self._packing.pack_into(packed, offset, *self._transform_row(values))
            offset += width
        return np.frombuffer(packed, dtype=np.float32).reshape(len(rows), self.n_features)

    def _write_category(self, v: str, categories: Categories, features: list[tuple[int, MadeColumn]]) -> str:
        """Return the line for a string: one look-up in a table of its features."""
        values = categories.values
        codes = categories(Strings(np.arange(-1, len(values)), values))
        table = build_matrix(
            np.array([feature.compute(codes) for _, feature in features], dtype=np.float64)
        ).tolist()
        by_value = dict(zip([None, *values], map(tuple, table), strict=True))
        self._constants |= {f"get_{v}": by_value.get, f"other_{v}": by_value[OTHER]}
        targets = ", ".join(f"f{position}" for position, _ in features)
        return f"{targets}, = get_{v}({v}, other_{v})"


def _write_number(v: str, scaling: Scaling, position: int) -> Iterator[str]:
    """Yield the lines for a number."""
    yield f"if {v} is None:"
    yield f"    f{position} = {_compute_null_feature(scaling, np.nan)}"
    yield "else:"
    if scaling.low is not None:
        yield f"    if {v} < {scaling.low!r}: {v} = {scaling.low!r}"
    if scaling.high is not None:
        yield f"    if {v} > {scaling.high!r}: {v} = {scaling.high!r}"
    yield f"    f{position} = {_write_scaling(v, scaling)}"
    if scaling.low is None:
        # A number that is not clipped may be too large for float32.
        yield f"    if not {-_WIDEST!r} <= f{position} <= {_WIDEST!r}:"
        yield f"        f{position} = {_WIDEST!r} if f{position} > 0 else {-_WIDEST!r}"


def _write_date_or_indicator(v: str, features: list[tuple[int, MadeColumn]]) -> Iterator[str]:
    """Yield a line for each part of a date, or for a null indicator."""
    for position, feature in features:
        if_null, if_known = "1.0", "0.0"
        if isinstance(part := feature.compute, DatePart):
            if_null = _compute_null_feature(part, np.datetime64("NaT", "us"))
            if_known = _write_scaling(_PARTS[part.part].format(v=v, first=part.first), part.scaling)
        yield f"f{position} = {if_null} if {v} is None else {if_known}"


def _write_scaling(value: str, scaling: Scaling) -> str:
    return f"({value} - {scaling.mean!r}) / {scaling.scale!r}"


def _compute_null_feature(compute: Callable[[np.ndarray], np.ndarray], null: object) -> str:
    return repr(build_matrix(compute(np.array([null]))).item())
