"""Rows as they come in requests: checked, read as in training, and brought into the model's order."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from components._compiled.recipe import Value
from components._table.date_text import drop_placeholder_date
from components._table.reading import WANTED, CellReader, UnreadableCell
from components._table.schema import Column, Schema
from components.errors import SHOWN, find_nearest, suggest_name

_MISSING, _UNREADABLE = object(), object()
_CALLED: dict[type, str] = {bool: "true or false", list: "a list", dict: "an object"}
_LONGEST_SHOWN = 30
# Of ISO 8601's dates, and of those with a time, which need no form of the column's own.
_DATE_LENGTH, _TIME_LENGTH = 10, 19


class InvalidRow(ValueError):
    """No prediction can be made for a row; the message names its columns."""


class RowDeviations(NamedTuple):
    """Where rows differ from those of the training: a column's position for each value that does.

    Attributes
    ----------
    nulls, out_of_range, unreadable : list of int
        Values that are null, that no training row had, and that became null as they cannot be read.
    """

    nulls: list[int]
    out_of_range: list[int]
    unreadable: list[int]


class RowReader:
    """Turns rows of names and cells into the values that a model takes.

    The checks of all columns are written out in one function, as ``components._compiled.recipe`` does it.
    What is no plain value goes to the column's ``CellReader``, as every cell of a table does.

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
        self._readers = [column.reader for column in self.columns]
        self._known = frozenset(schema.names)
        constants: dict[str, Any] = {
            "missing": _MISSING,
            "wrong": _UNREADABLE,
            "is_finite": _is_finite,
            "has_slips": self._find_slips,
        }
        lines = ["get = row.get", "n_missing = 0"]
        for i, (column, reader) in enumerate(zip(self.columns, self._readers, strict=True)):
            lines += _build_checks(i, column, reader, constants)
        values = "".join(f"v{i}, " for i in range(len(columns)))
        lines.append(f"if len(row) + n_missing != {len(columns)} and has_slips(row): return None")
        lines.append(f"return ({values})")
        source = "\n    ".join(["def checked(row, nulls, out_of_range, unreadable):", *lines]) + "\n"
        # The names of columns are in it as literals, and nothing else that anybody chose.
        exec(compile(source, "<checks of a row>", "exec"), constants)  # noqa: S102
        self._check_row = constants["checked"]

    def read(self, row: Mapping[str, Any], observed: RowDeviations) -> tuple[Value, ...]:
        """Return a row's values in the model's order.

        A column that had nulls in training may be missing, and is null then. One that the model does not use
        may be there, unless it looks like a slip for one that is missing.

        Parameters
        ----------
        row : mapping of str
            Cells by column, in any order.
        observed : Observed
            Lists to which is added where the row differs from the training.

        Raises
        ------
        InvalidRow
            Columns are missing, or hold what does not fit their reading; the first few are named.
        """
        values: tuple[Value, ...] | None = self._check_row(row, *observed)
        if values is None:
            raise self._build_error(row)
        return values

    def _find_slips(self, row: Mapping[str, Any]) -> list[str]:
        """Return the names of unknown columns that look like one that is missing."""
        missing = [column.name for column in self.columns if column.name not in row]
        return [name for name in row if name not in self._known and find_nearest(name, missing)]

    def _build_error(self, row: Mapping[str, Any]) -> InvalidRow:
        """Return the error that names all that is wrong with a row."""
        names = [column.name for column in self.columns]
        faults = [
            f"column {name[:_LONGEST_SHOWN]!r} is unknown. {suggest_name(name, names, 'column')}"
            for name in self._find_slips(row)
        ]
        for column, reader in zip(self.columns, self._readers, strict=True):
            cell = row.get(column.name, _MISSING)
            if cell is _MISSING:
                if column.n_null == 0:
                    faults.append(
                        f"column {column.name!r} is missing. It was never null in training; if its value is "
                        "not known, send null."
                    )
            elif _read_cell(reader, cell, []) is _UNREADABLE:
                faults.append(
                    f"column {column.name!r} is {_describe_cell(cell)}, it takes {WANTED[column.kind]}."
                )
        more = f" And {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
        return InvalidRow(" ".join(fault[0].upper() + fault[1:] for fault in faults[:SHOWN]) + more)


def parse_moment(text: str) -> datetime | None:
    """Return the time that a text of ISO 8601 says, in UTC where it has a zone; None if it says none."""
    try:
        said = datetime.fromisoformat(text)
        return said if said.tzinfo is None else said.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _read_cell(reader: CellReader, cell: Any, unreadable: list[int], at: int = 0) -> Any:
    """Return the value of a cell, or ``_UNREADABLE`` where it has none and may not be null for it."""
    if cell is _MISSING:
        return _UNREADABLE
    try:
        return reader.read(cell)
    except UnreadableCell:
        if reader.reading.unreadable == "refuse":
            return _UNREADABLE
        unreadable.append(at)
        return None


def _build_checks(i: int, column: Column, reader: CellReader, constants: dict[str, Any]) -> list[str]:
    """Return the lines that read and check a column; they return None where it is invalid."""
    v = f"v{i}"
    constants[f"read{i}"] = _build_reader(i, reader)
    known = _build_range_check(i, column, constants)
    plain = _build_plain_check(i, column, reader, known, constants)
    optional = (
        [f"elif {v} is missing: {v} = None; n_missing += 1; nulls.append({i})"] if column.n_null else []
    )
    return [
        f"{v} = get({column.name!r}, missing)",
        f"kind = type({v})",
        *plain,
        f"{'elif' if plain else 'if'} {v} is None: nulls.append({i})",
        *optional,
        "else:",
        f"    {v} = read{i}({v}, unreadable)",
        f"    if {v} is wrong: return None",
        f"    if {v} is None: nulls.append({i})",
        *([f"    elif {known}: out_of_range.append({i})"] if known else []),
    ]


def _build_plain_check(
    i: int, column: Column, reader: CellReader, strange: str, constants: dict[str, Any]
) -> list[str]:
    """Return the lines for cells that are values as they are; none where every cell must be read."""
    v = f"v{i}"
    if column.kind in ("integer", "float") and not reader.null_values:
        is_float, is_held = "kind is float", f"is_finite({v})"
        if column.kind == "integer":
            is_float, is_held = f"kind is float and {v} == {v} // 1", f"{-(2**63)} <= {v} < {2**63}"
        return [
            f"if kind is int or {is_float}:",
            f"    if {strange}:",
            f"        if not {is_held}: return None",
            f"        out_of_range.append({i})",
        ]
    if column.kind == "boolean":
        return ["if kind is bool: pass"]
    if column.kind == "string" and column.categories:
        return [f"if kind is str and {v} in known{i}: pass"]
    return []


def _build_range_check(i: int, column: Column, constants: dict[str, Any]) -> str:
    """Return the condition that no training row had a value; empty where that is not known."""
    v = f"v{i}"
    if column.kind in ("integer", "float"):
        # Of nulls alone there is no range, and numbers must be finite all the same.
        low, high = (float("nan") if of is None else float(of) for of in (column.minimum, column.maximum))
        constants |= {f"low{i}": low, f"high{i}": high}
        return f"not low{i} <= {v} <= high{i}"
    if column.kind == "datetime" and column.minimum is not None:
        constants |= {
            f"low{i}": parse_moment(str(column.minimum)),
            f"high{i}": parse_moment(str(column.maximum)),
        }
        return f"not low{i} <= {v} <= high{i}"
    if column.kind == "string" and column.categories:
        constants[f"known{i}"] = frozenset(column.categories)
        return f"{v} not in known{i}"
    return ""


def _build_reader(i: int, reader: CellReader) -> Callable[[Any, list[int]], Any]:
    """Return what reads the cells of a column, and a plain date of ISO 8601 in a tenth of the time."""
    reading = reader.reading
    is_date = (
        reading.kind == "datetime"
        and not reader.null_values
        and not any(form.startswith("%Y-") for form in reading.formats)
    )

    def read(cell: Any, unreadable: list[int]) -> Any:
        if is_date and type(cell) is str and _is_iso(cell):
            said = parse_moment(cell)
            if said is not None:
                return drop_placeholder_date(said)
        return _read_cell(reader, cell, unreadable, i)

    return read


def _is_iso(text: str) -> bool:
    """Return whether a text has the marks of a date of ISO 8601, alone or with a time without a zone."""
    if len(text) == _TIME_LENGTH:
        return text[4] == text[7] == "-" and text[10] in "T " and text[13] == text[16] == ":"
    return len(text) == _DATE_LENGTH and text[4] == text[7] == "-"


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number that no float holds.
        return False


def _describe_cell(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:_LONGEST_SHOWN]!r}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return "too large a number"
    return _CALLED.get(type(value)) or f"the number {value}"
