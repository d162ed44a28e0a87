"""Types of text columns: found from all rows, then applied to them.

A column has the narrowest reading that fits each of its values: a boolean, an integer, a float, a
datetime in one form, and otherwise a text. Leading zeros and a plus before a whole number make a code
or a telephone number, which stays a text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES, kind_of
from components._table.schema import Kind
from components.ingest.dates import DATE_FORMS, parse_iso, parse_zoned_iso

NULL_TOKENS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A", "?")
_NULLS = pa.array(NULL_TOKENS)
_CODE = r"^[+-]?0[0-9xX]|^\+[0-9]+$"
# Values tried first: a text is told by a few, before the work of trying all.
_PROBED = 64
_TYPED = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|true|false|\d{4}-\d\d-\d\d([ T].*)?", re.I
)


@dataclass(frozen=True)
class Reading:
    """One way to read a column's text.

    Attributes
    ----------
    name : str
        What the values then are.
    kind : Kind
        The kind of the column.
    parse : callable
        Turns trimmed text with nulls into an array of the kind's type; raises ValueError where a value
        does not fit.
    implied_by : tuple of str
        Readings whose values all fit this one too.
    note : str or None
        What a person should know about a column that is read so, as the end of a sentence.
    """

    name: str
    kind: Kind
    parse: Callable[[pa.StringArray], pa.Array]
    implied_by: tuple[str, ...] = ()
    note: str | None = None

    def fits(self, values: pa.StringArray) -> bool:
        """Return whether every value can be read so."""
        try:
            self.parse(values)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class ColumnType:
    """What a column was found to be.

    Attributes
    ----------
    name : str
        Its name.
    kind : Kind
        Its kind.
    reading : Reading or None
        How its text is read; None where the source had types already.
    """

    name: str
    kind: Kind
    reading: Reading | None


@dataclass(frozen=True)
class Inferred:
    """The types of a table's columns, from all its rows.

    Attributes
    ----------
    columns : tuple of ColumnType
        The columns, in order of appearance.
    n_rows : int
        Rows seen.
    notes : tuple of str
        Where a choice was made that a person should know.
    """

    columns: tuple[ColumnType, ...]
    n_rows: int
    notes: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The schema of the table to write."""
        return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in self.columns])


def infer_types(batches: Iterable[pa.RecordBatch]) -> Inferred:
    """Find the type of each column from all rows, in memory that does not grow with them.

    Parameters
    ----------
    batches : iterable of RecordBatch
        Columns of text or of canonical types; a later batch may have more of them.
    """
    evidence: dict[str, _Evidence] = {}
    n_rows = 0
    for batch in batches:
        n_rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            evidence.setdefault(name, _Evidence(column.type)).add(column)
    columns = tuple(found.concluded(name) for name, found in evidence.items())
    notes = (note for name, found in evidence.items() if (note := found.note(name)))
    return Inferred(columns, n_rows, tuple(notes))


def typed(batches: Iterable[pa.RecordBatch], inferred: Inferred) -> Iterator[pa.RecordBatch]:
    """Return the batches with every column in its type, and with all columns in every batch."""
    for batch in batches:
        present = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns = [
            _typed(present[column.name], column)
            if column.name in present
            else pa.nulls(batch.num_rows, ARROW_TYPES[column.kind])
            for column in inferred.columns
        ]
        yield pa.record_batch(columns, schema=inferred.schema)


def is_null(cell: str) -> bool:
    """Return whether a cell stands for no value."""
    return cell.strip() in NULL_TOKENS


def looks_typed(cell: str) -> bool:
    """Return whether a cell looks like a number, a boolean or an ISO date, as a name hardly would."""
    return _TYPED.fullmatch(cell.strip()) is not None


def _typed(values: pa.Array, column: ColumnType) -> pa.Array:
    return values if column.reading is None else column.reading.parse(_cleaned(values))


def _cleaned(values: pa.StringArray) -> pa.StringArray:
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(trimmed, _NULLS), None, trimmed)


def _boolean(values: pa.StringArray) -> pa.BooleanArray:
    lower = pc.utf8_lower(values)
    is_true = pc.equal(lower, "true")
    if not _all(pc.or_(is_true, pc.equal(lower, "false"))):
        raise ValueError("a value is not true or false")
    return is_true


def _integer(values: pa.StringArray) -> pa.Int64Array:
    _refuse_codes(values)
    return pc.cast(values, ARROW_TYPES["integer"])


def _matching(values: pa.StringArray, pattern: str) -> pa.StringArray:
    _refuse_codes(values)
    if not _all(pc.match_substring_regex(values, pattern)):
        raise ValueError("a value does not match")
    return values


def _float(values: pa.StringArray) -> pa.DoubleArray:
    _refuse_codes(values)
    numbers = pc.cast(values, ARROW_TYPES["float"])
    # Spellings of NaN beyond the null tokens.
    return pc.if_else(pc.is_nan(numbers), None, numbers)


def _refuse_codes(values: pa.StringArray) -> None:
    if pc.any(pc.match_substring_regex(values, _CODE)).as_py():
        raise ValueError("a value is a code")


def _all(mask: pa.BooleanArray) -> bool:
    # Nulls do not count, and a batch may hold nothing else.
    return bool(pc.all(mask, min_count=0).as_py())


_TEXT = Reading("text", "string", lambda values: values)
# As floats, neighbours among integers of more than 64 bits would become one number.
_LARGE = Reading(
    "large integer",
    "string",
    partial(_matching, pattern="^-?[0-9]+$"),
    implied_by=("integer",),
    note="holds integers of more than 64 bits and is read as text",
)
# A comma may be a decimal sign or cut off thousands, and a wrong guess would be wrong by a factor of 1,000.
_COMMAS = Reading(
    "number with commas",
    "string",
    partial(_matching, pattern=r"^[+-]?[0-9]+((\.[0-9]{3})*,[0-9]+|(,[0-9]{3})+(\.[0-9]+)?|\.[0-9]+)?$"),
    implied_by=("integer", _LARGE.name),
    note="holds numbers with commas and is read as text; write them with a decimal point and no other sign",
)
# From the narrowest on.
_READINGS = (
    Reading("boolean", "boolean", _boolean),
    Reading("integer", "integer", _integer),
    _LARGE,
    Reading("float", "float", _float, implied_by=("integer", _LARGE.name)),
    _COMMAS,
    Reading("ISO date", "datetime", parse_iso),
    Reading("ISO date with zone", "datetime", parse_zoned_iso),
    *(Reading(form.name, "datetime", form.parse) for form in DATE_FORMS),
)


class _Evidence:
    """What the values of one column, so far, may be."""

    def __init__(self, type_: pa.DataType) -> None:
        self._kind = kind_of(type_)
        self._is_text = type_ == pa.string()
        self._has_values = False
        self._readings = _READINGS

    def add(self, values: pa.Array) -> None:
        """Drop the readings that these values do not fit."""
        if not self._is_text or not self._readings:
            return
        present = _cleaned(values).drop_null()
        if not len(present):
            return
        self._has_values = True
        for part in (present[:_PROBED], present[_PROBED:]):
            kept: list[Reading] = []
            for reading in self._readings:
                implied = any(other.name in reading.implied_by for other in kept)
                if implied or reading.fits(part):
                    kept.append(reading)
            self._readings = tuple(kept)

    def concluded(self, name: str) -> ColumnType:
        """Return the column's type; text where nothing narrower fits, or it has no values."""
        if not self._is_text:
            if self._kind is None:
                raise ValueError(f"column {name!r} is neither text nor of a canonical type")
            return ColumnType(name, self._kind, None)
        reading = self._readings[0] if self._readings and self._has_values else _TEXT
        return ColumnType(name, reading.kind, reading)

    def note(self, name: str) -> str | None:
        """Return what a person should know about the choice of the type; None if it was plain."""
        if not self._is_text or not self._has_values or not self._readings:
            return None
        first, *others = self._readings
        if first.note:
            return f"column {name!r} {first.note}"
        if first.kind == "datetime" and others:
            return f"column {name!r} is read as {first.name}, and fits {others[0].name} as well"
        return None
