"""Native values: build columns from the values of JSON and workbooks, in their types."""

import datetime as dt
import math
from collections.abc import Sequence

import pyarrow as pa

from components._table.arrow import ARROW_TYPES
from components._table.cells import MIXED

NativeValue = str | bool | int | float | dt.date | dt.time | dt.timedelta | None
# Larger whole numbers may differ from the nearest float.
_EXACT = 2**53
_MINUTE = 60.0


def build_native_column(values: Sequence[NativeValue]) -> pa.Array:
    """Return a column of a batch, in the common type of its values.

    Parameters
    ----------
    values : sequence of values
        One per row; None for a missing value. Times of day become minutes after midnight, durations minutes.

    Returns
    -------
    Array
        Integers, floats, booleans or timestamps if all values are of one such kind; ``MIXED`` if there are
        numbers and texts; otherwise text, with booleans as ``true`` and ``false`` and dates in ISO form.
        If a whole number is too large for a float, all values become text, numbers as their digits.
    """
    values = [_normalise_value(value) for value in values]
    if any(isinstance(value, int) and abs(value) > _EXACT for value in values):
        return pa.array([_to_text(value) for value in values], pa.string())
    kinds = {_infer_kind(value) for value in values if value is not None}
    if kinds <= {"integer", "float"} and kinds:
        return pa.array(values, ARROW_TYPES["integer" if kinds == {"integer"} else "float"])
    if kinds == {"boolean"}:
        return pa.array(values, ARROW_TYPES["boolean"])
    if kinds == {"datetime"}:
        return pa.array([_to_datetime(value) for value in values], ARROW_TYPES["datetime"])
    if kinds & {"integer", "float"}:
        numbers = [float(value) if _is_number(value) else None for value in values]  # type: ignore[arg-type]
        texts = [None if _is_number(value) else _to_text(value) for value in values]
        columns = [pa.array(numbers, pa.float64()), pa.array(texts, pa.string())]
        return pa.StructArray.from_arrays(columns, fields=list(MIXED))
    return pa.array([_to_text(value) for value in values], pa.string())


def convert_whole_numbers(values: Sequence[NativeValue]) -> list[NativeValue]:
    """Return floats as integers if all of them are whole, because workbooks store only floats."""
    is_whole = all(value.is_integer() for value in values if isinstance(value, float))
    return [int(value) if is_whole and isinstance(value, float) else value for value in values]


def _normalise_value(value: NativeValue) -> NativeValue:
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / _MINUTE
    if isinstance(value, dt.time):
        return value.hour * 60 + value.minute + (value.second + value.microsecond / 1e6) / _MINUTE
    return value


def _infer_kind(value: NativeValue) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    return "datetime" if isinstance(value, dt.date) else "text"


def _is_number(value: NativeValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _to_datetime(value: NativeValue) -> dt.datetime | None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value if isinstance(value, dt.datetime) else None


def _to_text(value: NativeValue) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if value is None else str(value)
