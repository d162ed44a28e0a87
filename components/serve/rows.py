"""Rows as they come in requests: checked, and brought into the order of the model's columns."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from components._compiled.recipe import Value
from components._table.schema import Column, Kind, Schema
from components.errors import SHOWN, suggestion

_MISSING = object()
_TYPES: dict[Kind, tuple[type, ...]] = {
    "integer": (int, float),
    "float": (float, int),
    "boolean": (bool,),
    "string": (str,),
    "datetime": (str,),
}
_WANTED: dict[Kind, str] = {
    "integer": "a number",
    "float": "a number",
    "boolean": "true or false",
    "string": "text",
    "datetime": "a date such as 2026-11-26 or 2026-11-26T08:30:00",
}
_CALLED: dict[type, str] = {bool: "true or false", list: "a list", dict: "an object"}
_LONGEST_SHOWN = 30


class InvalidRow(ValueError):
    """No prediction can be made for a row; the message names its columns."""


class Observed(NamedTuple):
    """Where rows differ from those of the training: a column's position for each value that does."""

    nulls: list[int]
    out_of_range: list[int]


class Rows:
    """Turns rows of names and values into the values that a model takes.

    The checks of all columns are written out in one function, as ``components._compiled.recipe`` does it.

    Parameters
    ----------
    columns : sequence of str
        The model's columns, in its order.
    schema : Schema
        What the columns were in training.

    Attributes
    ----------
    columns : list of Column
        What each of the model's columns was in training.
    """

    def __init__(self, columns: Sequence[str], schema: Schema) -> None:
        self.columns = [schema[name] for name in columns]
        constants: dict[str, Any] = {"missing": _MISSING, "moment": moment, "is_finite": _is_finite}
        lines = ["get = row.get", "n_missing = 0"]
        for i, column in enumerate(self.columns):
            lines += _checks(i, column, constants)
        values = "".join(f"v{i}, " for i in range(len(columns)))
        lines.append(f"return ({values}) if len(row) + n_missing == {len(columns)} else None")
        source = "\n    ".join(["def checked(row, nulls, out_of_range):", *lines]) + "\n"
        # The names of columns are in it as literals, and nothing else that anybody chose.
        exec(compile(source, "<checks of a row>", "exec"), constants)  # noqa: S102
        self._checked = constants["checked"]

    def values(self, row: Mapping[str, Any], observed: Observed) -> tuple[Value, ...]:
        """Return a row's values in the model's order.

        A column that had nulls in training may be missing, and is null then.

        Parameters
        ----------
        row : mapping of str
            Values by column, in any order.
        observed : Observed
            Lists to which is added where the row differs from the training.

        Raises
        ------
        InvalidRow
            Columns are unknown, missing or of another type; the first few are named.
        """
        values: tuple[Value, ...] | None = self._checked(row, *observed)
        if values is None:
            raise self._invalid(row)
        return values

    def _invalid(self, row: Mapping[str, Any]) -> InvalidRow:
        """Return the error that names all that is wrong with a row."""
        names = [column.name for column in self.columns]
        faults = [
            f"column {name[:_LONGEST_SHOWN]!r} is unknown. {suggestion(name, names, 'column')}"
            for name in row
            if name not in names
        ]
        for column in self.columns:
            value = row.get(column.name, _MISSING)
            if value is _MISSING:
                if column.n_null == 0:
                    faults.append(
                        f"column {column.name!r} is missing. It was never null in training; if its value is "
                        "not known, send null."
                    )
            elif value is not None and not _is_sound(value, column.kind):
                faults.append(f"column {column.name!r} is {_called(value)}, it takes {_WANTED[column.kind]}.")
        more = f" And {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
        return InvalidRow(" ".join(fault[0].upper() + fault[1:] for fault in faults[:SHOWN]) + more)


def moment(text: str) -> datetime | None:
    """Return the time that a text of ISO 8601 says, in UTC where it has a zone; None if it says none."""
    try:
        said = datetime.fromisoformat(text)
        return said if said.tzinfo is None else said.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _checks(i: int, column: Column, constants: dict[str, Any]) -> list[str]:
    """Return the lines that check a column; they return None where it is invalid."""
    v = f"v{i}"
    types = " or ".join(f"kind is {of.__name__}" for of in _TYPES[column.kind])
    optional = f"elif {v} is missing: {v} = None; n_missing += 1; nulls.append({i})" if column.n_null else ""
    return [
        f"{v} = get({column.name!r}, missing)",
        f"kind = type({v})",
        f"if {types}:",
        *(f"    {line}" for line in _checks_of_value(i, column, constants)),
        f"elif {v} is None: nulls.append({i})",
        *([optional] if optional else []),
        "else: return None",
    ]


def _checks_of_value(i: int, column: Column, constants: dict[str, Any]) -> list[str]:
    v, seen = f"v{i}", f"out_of_range.append({i})"
    if column.kind == "datetime":
        lines = [f"{v} = moment({v})", f"if {v} is None: return None"]
        if column.minimum is not None:
            constants |= {f"low{i}": moment(str(column.minimum)), f"high{i}": moment(str(column.maximum))}
            lines.append(f"if not low{i} <= {v} <= high{i}: {seen}")
        return lines
    if column.kind in ("integer", "float"):
        # Of nulls alone there is no range, and numbers must be finite all the same.
        low, high = (float("nan") if of is None else float(of) for of in (column.minimum, column.maximum))
        constants |= {f"low{i}": low, f"high{i}": high}
        return [f"if not low{i} <= {v} <= high{i}:", f"    if not is_finite({v}): return None", f"    {seen}"]
    if column.categories:
        constants[f"known{i}"] = frozenset(column.categories)
        return [f"if {v} not in known{i}: {seen}"]
    return ["pass"]


def _is_sound(value: Any, kind: Kind) -> bool:
    if type(value) not in _TYPES[kind]:
        return False
    if kind == "datetime":
        return moment(value) is not None
    return kind in ("string", "boolean") or _is_finite(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number that no float holds.
        return False


def _called(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:_LONGEST_SHOWN]!r}"
    if isinstance(value, int) and not isinstance(value, bool) and not _is_finite(value):
        return "too large a number"
    return _CALLED.get(type(value)) or f"the number {value}"
