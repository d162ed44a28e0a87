"""Rows of requests: checked, read as in training, and put into the model's order."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from components._table.date_text import drop_placeholder_date
from components._table.reading import WANTED, CellReader, UnreadableCell, Value
from components._table.schema import Column, Schema
from components.errors import SHOWN, find_nearest, suggest_name

_MISSING, _UNREADABLE = object(), object()
_TYPE_NAMES: dict[type, str] = {bool: "true or false", list: "a list", dict: "an object"}
_LONGEST_SHOWN = 30
# Length of dates of ISO 8601, and of those with a time, which need no format of the column.
_DATE_LENGTH, _TIME_LENGTH = 10, 19


class InvalidRow(ValueError):
    """A row cannot be predicted; the message names its columns."""


class RowDeviations(NamedTuple):
    """How rows differ from the training rows: the column's position for each value that does.

    Attributes
    ----------
    nulls, out_of_range, unreadable : list of int
        Null values, values that no training row had, and unreadable values that became null.
    """

    nulls: list[int]
    out_of_range: list[int]
    unreadable: list[int]


class RowReader:
    """Converts rows of names and cells to the model's input values.

    The checks of all columns are generated as one function, as in ``components._compiled.recipe``. A cell
    whose type does not fit goes to the column's ``CellReader``, like every cell of a table.

    Parameters
    ----------
    columns : sequence of str
        The model's columns, in its order.
    schema : Schema
        The schema of the training rows.

    Attributes
    ----------
    columns : list of Column
        The schema of each of the model's columns.
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
        # Only column names come from users, and the code contains them as literals.
        exec(compile(source, "<checks of a row>", "exec"), constants)  # noqa: S102
        self._check_row = constants["checked"]

    def read(self, row: Mapping[str, Any], observed: RowDeviations) -> tuple[Value, ...]:
        """Return a row's values in the model's order.

        A missing column is null if it had nulls in training. A column that the model does not use is ignored,
        unless it looks like a typing error for a missing one.

        Parameters
        ----------
        row : mapping of str
            Cells by column, in any order.
        observed : RowDeviations
            Gets the row's deviations from the training rows.

        Raises
        ------
        InvalidRow
            Columns are missing or hold values of a wrong type; the message names the first few.
        """
        values: tuple[Value, ...] | None = self._check_row(row, *observed)
        if values is None:
            raise self._build_error(row)
        return values

    def _find_slips(self, row: Mapping[str, Any]) -> list[str]:
        """Return the names of unknown columns that look like a missing one."""
        missing = [column.name for column in self.columns if column.name not in row]
        return [name for name in row if name not in self._known and find_nearest(name, missing)]

    def _build_error(self, row: Mapping[str, Any]) -> InvalidRow:
        """Return the error that lists what is wrong with a row."""
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
                        f"column {column.name!r} is missing. It was never null in training; if its value "
                        "is unknown, send null."
                    )
            elif _read_cell(reader, cell, []) is _UNREADABLE:
                faults.append(
                    f"column {column.name!r} must be {WANTED[column.kind]}, not {_describe_cell(cell)}."
                )
        more = f" And {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
        return InvalidRow(" ".join(fault[0].upper() + fault[1:] for fault in faults[:SHOWN]) + more)


def parse_moment(text: str) -> datetime | None:
    """Return the time in a text of ISO 8601, in UTC if it has a zone; None if the text is not a time."""
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _read_cell(reader: CellReader, cell: Any, unreadable: list[int], at: int = 0) -> Any:
    """Return a cell's value, or ``_UNREADABLE`` if it has no value and must not become null."""
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
    """Return the lines that read and check a column; they return None for an invalid cell."""
    v = f"v{i}"
    constants[f"read{i}"] = _build_reader(i, reader)
    known = _build_range_check(i, column, constants)
    fast = _build_type_check(i, column, reader, known, constants)
    optional = (
        [f"elif {v} is missing: {v} = None; n_missing += 1; nulls.append({i})"] if column.n_null else []
    )
    return [
        f"{v} = get({column.name!r}, missing)",
        f"kind = type({v})",
        *fast,
        f"{'elif' if fast else 'if'} {v} is None: nulls.append({i})",
        *optional,
        "else:",
        f"    {v} = read{i}({v}, unreadable)",
        f"    if {v} is wrong: return None",
        f"    if {v} is None: nulls.append({i})",
        *([f"    elif {known}: out_of_range.append({i})"] if known else []),
    ]


def _build_type_check(
    i: int, column: Column, reader: CellReader, strange: str, constants: dict[str, Any]
) -> list[str]:
    """Return the lines for cells that are values already; no lines if every cell must be read."""
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
    """Return the condition that no training row had a value; empty if the schema does not say."""
    v = f"v{i}"
    if column.kind in ("integer", "float"):
        # A column of nulls has no range, and its numbers must be finite all the same.
        bounds = (column.minimum, column.maximum)
        low, high = (float("nan") if bound is None else float(bound) for bound in bounds)
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
    """Return a function that reads a column's cells; a date of ISO 8601 takes a tenth of the time."""
    reading = reader.reading
    is_date = (
        reading.kind == "datetime"
        and not reader.null_values
        and not any(date_format.startswith("%Y-") for date_format in reading.formats)
    )

    def read(cell: Any, unreadable: list[int]) -> Any:
        if is_date and type(cell) is str and _is_iso(cell):
            moment = parse_moment(cell)
            if moment is not None:
                return drop_placeholder_date(moment)
        return _read_cell(reader, cell, unreadable, i)

    return read


def _is_iso(text: str) -> bool:
    """Return whether a text looks like a date of ISO 8601, alone or with a time without a zone."""
    if len(text) == _TIME_LENGTH:
        return text[4] == text[7] == "-" and text[10] in "T " and text[13] == text[16] == ":"
    return len(text) == _DATE_LENGTH and text[4] == text[7] == "-"


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number too large for a float.
        return False


def _describe_cell(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:_LONGEST_SHOWN]!r}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return "an integer of more than 64 bits"
    return _TYPE_NAMES.get(type(value)) or str(value)
