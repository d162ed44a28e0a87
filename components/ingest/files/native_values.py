"""Native values: columns of what JSON and workbooks hold, in the types that say so."""

import datetime as dt
import math
from collections.abc import Sequence

import pyarrow as pa

from components._table.arrow import ARROW_TYPES
from components._table.cells import MIXED

Value = str | bool | int | float | dt.date | dt.time | dt.timedelta | None
# Beyond these a float is not every whole number.
_EXACT = 2**53
_MINUTE = 60.0


def build_native_column(values: Sequence[Value]) -> pa.Array:
    """Return a column of a batch, in the type that its values have in common.

    Parameters
    ----------
    values : sequence of values
        One per row; None where there is none. Times of day become minutes after midnight, durations minutes.

    Returns
    -------
    Array
        Of integers, floats, booleans or timestamps if all values are of one such sort; of ``MIXED`` if
        there are numbers and texts; else of text, where booleans are ``true`` and ``false``, and dates in
        ISO form. With a whole number too large for a float all are text, and numbers are their digits.
    """
    values = [_normalise_value(value) for value in values]
    if any(isinstance(value, int) and abs(value) > _EXACT for value in values):
        return pa.array([_to_text(value) for value in values], pa.string())
    sorts = {_infer_kind(value) for value in values if value is not None}
    if sorts <= {"integer", "float"} and sorts:
        return pa.array(values, ARROW_TYPES["integer" if sorts == {"integer"} else "float"])
    if sorts == {"boolean"}:
        return pa.array(values, ARROW_TYPES["boolean"])
    if sorts == {"datetime"}:
        return pa.array([_to_datetime(value) for value in values], ARROW_TYPES["datetime"])
    if sorts & {"integer", "float"}:
        numbers = [float(value) if _is_number(value) else None for value in values]  # type: ignore[arg-type]
        texts = [None if _is_number(value) else _to_text(value) for value in values]
        columns = [pa.array(numbers, pa.float64()), pa.array(texts, pa.string())]
        return pa.StructArray.from_arrays(columns, fields=list(MIXED))
    return pa.array([_to_text(value) for value in values], pa.string())


def convert_whole_numbers(values: Sequence[Value]) -> list[Value]:
    """Return numbers as integers where every number is whole, as in a workbook, which knows floats only."""
    is_whole = all(value.is_integer() for value in values if isinstance(value, float))
    return [int(value) if is_whole and isinstance(value, float) else value for value in values]


def _normalise_value(value: Value) -> Value:
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / _MINUTE
    if isinstance(value, dt.time):
        return value.hour * 60 + value.minute + (value.second + value.microsecond / 1e6) / _MINUTE
    return value


def _infer_kind(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    return "datetime" if isinstance(value, dt.date) else "text"


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _to_datetime(value: Value) -> dt.datetime | None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value if isinstance(value, dt.datetime) else None


def _to_text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if value is None else str(value)
