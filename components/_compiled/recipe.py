"""The recipe's steps for one row at a time: Python code generated from the exports of the steps.

The code holds every number of the recipe where it is used, has no loop over columns, and looks up only
categories. So a row takes a few microseconds. It computes numbers, parts of dates and operations on two
columns as ``steps`` does; all other features, and those of nulls, are constants that ``steps`` computed.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from components._compiled.columns import ColumnarRecipe, Exported
from components._compiled.dates import MICROSECONDS_OF_DAY
from components._compiled.derived import (
    LIMIT,
    Arithmetic,
    CodeTable,
    Cross,
    CyclePosition,
    Days,
    Derived,
    Unit,
    drop_extremes,
)
from components._compiled.steps import OTHER, Categories, DatePart, MadeColumn, Scaling, Strings, build_matrix
from components._compiled.texts import TextNumbers

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
# Code for the position of a date v in a cycle.
_POSITIONS = {"year": "({v}.month - 1) * 31 + {v}.day - 1", "week": "{v}.weekday()", "day": "{v}.hour"}
# Code for an operation on l and r; the ratio is NaN where both are 0.
_OPERATIONS = {
    "product": "l * r",
    "difference": "l - r",
    "ratio": "(-l if r < 0 else l) / n if (n := abs(l) + abs(r)) else nan",
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
            "nan": float("nan"),
        }
        writer = _RowWriter(recipe, list(columns), self._constants)
        lines = [f"{', '.join(f'v{i}' for i in range(len(columns)))}, = values"]
        lines += [line for sources in recipe.features for line in writer.write_features(sources)]
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


class _RowWriter:
    """Writes the lines for features, each after the lines for the columns that it is made of.

    With the number i of a column, v is its raw value, x the standardised number, u the number in its unit, d
    the days of a date, and c the code of a category. f is a feature, with its position.
    """

    def __init__(self, recipe: ColumnarRecipe, columns: list[str], constants: dict[str, Any]) -> None:
        self._recipe = recipe
        self._numbers = {name: i for i, name in enumerate(columns)}
        self._constants = constants
        # Names of variables.
        self._written: set[str] = set()

    def write_features(self, sources: tuple[str, ...]) -> Iterator[str]:
        """Yield the lines for the features made of some columns."""
        features = self._recipe.features[sources]
        if len(sources) > 1:
            for position, feature in features:
                yield from self._write_operation(sources, position, feature.compute)
        elif sources[0] in self._recipe.intermediate:
            if isinstance(self._recipe.intermediate[sources[0]].compute, TextNumbers):
                yield self._write_text(sources[0], features)
            else:
                yield from self._write_cross(sources[0], features)
        else:
            preprocessed = self._recipe.preprocessed[sources[0]].compute
            if isinstance(preprocessed, Categories):
                yield from self._write_category(sources[0])
            elif isinstance(preprocessed, Scaling):
                yield from self._write_number(sources[0])
                for position, _ in features:
                    yield from _write_kept_number(f"x{self._find(sources[0])}", position, preprocessed)
            else:
                yield from self._write_date_or_indicator(f"v{self._find(sources[0])}", features)

    def _write_number(self, name: str) -> Iterator[str]:
        """Yield the lines for a number."""
        v, x = f"v{self._find(name)}", f"x{self._find(name)}"
        if self._is_written(x):
            return
        scaling: Any = self._recipe.preprocessed[name].compute
        yield f"if {v} is None:"
        yield f"    {x} = {scaling(np.array([np.nan])).item()!r}"
        yield "else:"
        if scaling.low is not None:
            yield f"    if {v} < {scaling.low!r}: {v} = {scaling.low!r}"
        if scaling.high is not None:
            yield f"    if {v} > {scaling.high!r}: {v} = {scaling.high!r}"
        yield f"    {x} = {_write_scaling(v, scaling)}"

    def _write_category(self, name: str) -> Iterator[str]:
        """Yield the line for a string: one look-up in a table of its features and, if needed, its code."""
        i = self._find(name)
        if self._is_written(f"c{i}"):
            return
        categories: Any = self._recipe.preprocessed[name].compute
        values = categories.values
        codes = categories(Strings(np.arange(-1, len(values)), values))
        features = self._recipe.features.get((name,), [])
        rows = _build_table(features, codes)
        targets = [f"f{position}" for position, _ in features]
        if name in self._recipe.shared or not features:
            rows = [(*row, code) for row, code in zip(rows, codes.tolist(), strict=True)]
            targets.append(f"c{i}")
        by_value = dict(zip([None, *values], rows, strict=True))
        self._constants |= {f"get_v{i}": by_value.get, f"other_v{i}": by_value[OTHER]}
        yield f"{', '.join(targets)}, = get_v{i}(v{i}, other_v{i})"

    def _write_cross(self, name: str, features: list[tuple[int, MadeColumn]]) -> Iterator[str]:
        """Yield the lines for a pair of strings: one look-up in a table of its features."""
        parts, cross = self._recipe.intermediate[name].sources, self._recipe.intermediate[name].compute
        for part in parts:
            yield from self._write_category(part)
        assert isinstance(cross, Cross)
        *rows, other = _build_table(features, np.arange(len(cross.pairs) + 1))
        by_pair = dict(zip(cross.pairs.tolist(), rows, strict=True))
        left, right = (f"c{self._find(part)}" for part in parts)
        get, default = self._add_constant(by_pair.get), self._add_constant(other)
        targets = ", ".join(f"f{position}" for position, _ in features)
        yield f"{targets}, = {get}({left} * {cross.width} + {right}, {default})"

    def _write_text(self, name: str, features: list[tuple[int, MadeColumn]]) -> str:
        """Return the line for the features of a text."""
        numbers: Any = self._recipe.intermediate[name].compute
        (text,) = self._recipe.intermediate[name].sources
        compute = self._add_constant(_TextRow(numbers, [feature.compute for _, feature in features]))
        targets = ", ".join(f"f{position}" for position, _ in features)
        return f"{targets}, = {compute}(v{self._find(text)})"

    def _write_date_or_indicator(self, v: str, features: list[tuple[int, MadeColumn]]) -> Iterator[str]:
        """Yield a line for each part and position of a date, or for a null indicator."""
        for position, feature in features:
            compute = feature.compute
            if_null, if_known = "1.0", "0.0"
            if isinstance(compute, DatePart | Derived):
                if_null = _compute_null_feature(compute, np.datetime64("NaT", "us"))
            if isinstance(compute, DatePart):
                if_known = _write_scaling(
                    _PARTS[compute.part].format(v=v, first=compute.first), compute.scaling
                )
            elif isinstance(compute, Derived):
                assert isinstance(compute.function, CyclePosition)
                table = self._add_constant(build_matrix(compute.scaling(compute.function.table)).tolist())
                if_known = f"{table}[{_POSITIONS[compute.function.cycle].format(v=v)}]"
            yield f"f{position} = {if_null} if {v} is None else {if_known}"

    def _write_operation(self, sources: tuple[str, ...], position: int, derived: Any) -> Iterator[str]:
        """Yield the lines for a feature made of two columns."""
        arithmetic, scaling = derived.function, derived.scaling
        assert isinstance(arithmetic, Arithmetic)
        for side, name, operand in zip("lr", sources, (arithmetic.left, arithmetic.right), strict=True):
            *lines, value = self._write_operand(name, operand)
            yield from lines
            yield f"{side} = {value}"
        f = f"f{position}"
        yield f"t = {_OPERATIONS[arithmetic.operation]}"
        if_null = _compute_null_feature(scaling, np.nan)
        yield f"{f} = {_write_scaling('t', scaling)} if {-LIMIT!r} <= t <= {LIMIT!r} else {if_null}"
        yield _write_limit(f)

    def _write_operand(self, name: str, operand: object) -> Iterator[str]:
        """Yield the lines that a side of an operation needs, and last its value."""
        i = self._find(name)
        if isinstance(operand, Unit):
            yield from self._write_number(name)
            if not self._is_written(f"u{i}"):
                yield f"u{i} = x{i} * {operand.scale!r} + {operand.mean!r}"
            yield f"u{i}"
        elif isinstance(operand, Days):
            if not self._is_written(f"d{i}"):
                days = f"float((v{i} - epoch) // microsecond) / {MICROSECONDS_OF_DAY}"
                yield f"d{i} = nan if v{i} is None else {days}"
            yield f"d{i}"
        else:
            assert isinstance(operand, CodeTable)
            yield from self._write_category(name)
            yield f"{self._add_constant(operand.values.tolist())}[c{i}]"

    def _find(self, preprocessed: str) -> int:
        (raw,) = self._recipe.preprocessed[preprocessed].sources
        return self._numbers[raw]

    def _is_written(self, variable: str) -> bool:
        """Return whether a variable has its lines, and note that it has them from now on."""
        is_written = variable in self._written
        self._written.add(variable)
        return is_written

    def _add_constant(self, value: object) -> str:
        name = f"k{len(self._constants)}"
        self._constants[name] = value
        return name


class _TextRow:
    """Computes the features of one text, standardised."""

    def __init__(self, numbers: TextNumbers, features: Sequence[Any]) -> None:
        self._numbers = numbers
        self._positions = [feature.function.position for feature in features]
        self._scaling = Scaling(
            *(
                np.array([getattr(feature.scaling, name) for feature in features])
                for name in ("fill", "mean", "scale")
            )
        )
        self._of_null = self._scale(numbers.null)

    def __call__(self, text: str | None) -> list[float]:
        """Return the features of a text."""
        if text is None:
            return self._of_null
        return self._scale(self._numbers.compute_row(text))

    def _scale(self, numbers: np.ndarray) -> list[float]:
        scaled: list[float] = build_matrix(self._scaling(drop_extremes(numbers[self._positions]))).tolist()
        return scaled


def _build_table(features: list[tuple[int, MadeColumn]], codes: np.ndarray) -> list[tuple[Any, ...]]:
    """Return the features of codes, a tuple for each code."""
    table = np.empty((len(features), len(codes)))
    for row, (_, feature) in zip(table, features, strict=True):
        row[:] = feature.compute(codes)
    return [tuple(row) for row in build_matrix(table).tolist()]


def _write_kept_number(x: str, position: int, scaling: Scaling) -> Iterator[str]:
    yield f"f{position} = {x}"
    if scaling.low is None:
        # A number that is not clipped may be too large for float32.
        yield _write_limit(f"f{position}")


def _write_limit(f: str) -> str:
    return f"if not {-_WIDEST!r} <= {f} <= {_WIDEST!r}: {f} = {_WIDEST!r} if {f} > 0 else {-_WIDEST!r}"


def _write_scaling(value: str, scaling: Scaling) -> str:
    return f"({value} - {scaling.mean!r}) / {scaling.scale!r}"


def _compute_null_feature(compute: Callable[[np.ndarray], np.ndarray], null: object) -> str:
    return repr(build_matrix(compute(np.array([null]))).item())
