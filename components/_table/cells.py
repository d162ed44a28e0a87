"""Whole columns of cells, read to exactly the values that ``CellReader`` gives for each cell."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES
from components._table.date_text import FIRST_YEAR, LAST_YEAR
from components._table.kinds import Kind
from components._table.reading import BLANKS, CellReader, trim

# Texts that Arrow reads as ``CellReader`` does, but much faster; ``CellReader`` reads the others one by one.
_WHOLE = r"^-?[0-9]{1,18}$"
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_DATE = r"^(1[0-9]{3}|2[0-8][0-9]{2})-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"
# A column of numbers and texts: each row has a value in at most one of the two.
MIXED = pa.struct([("number", pa.float64()), ("text", pa.string())])


class UnreadableRow(NamedTuple):
    """A cell that cannot be read.

    Attributes
    ----------
    row : int
        Its position in the array.
    cell : str
        Its content, as text.
    reason : str
        Why it cannot be read, as the end of a sentence.
    """

    row: int
    cell: str
    reason: str


class Cells(NamedTuple):
    """The values of an array of cells.

    Attributes
    ----------
    values : pyarrow Array
        Of the Arrow type of the reading's kind; null also where a cell cannot be read.
    unreadable : list of UnreadableRow
        The cells that cannot be read.
    """

    values: pa.Array
    unreadable: list[UnreadableRow]


def read_cells(cells: pa.Array, reader: CellReader) -> Cells:
    """Return the values of a column's cells.

    Parameters
    ----------
    cells : pyarrow Array
        Texts, native values of the types of ``ARROW_TYPES``, or both as ``MIXED``.
    reader : CellReader
        The reader of the column.
    """
    type_ = ARROW_TYPES[reader.reading.kind]
    if cells.type == MIXED:
        texts = read_cells(cells.field("text"), reader)
        numbers = read_cells(cells.field("number"), reader)
        values = pc.coalesce(texts.values, numbers.values)
        return Cells(values, sorted([*texts.unreadable, *numbers.unreadable]))
    if pa.types.is_null(cells.type):
        return Cells(pa.nulls(len(cells), type_), [])
    read = (
        _read_texts(trim_texts(cells), reader)
        if pa.types.is_string(cells.type)
        else _read_natives(cells, reader)
    )
    if not reader.null_values:
        return read
    is_null = pc.is_in(read.values, pa.array(list(reader.null_values), type_))
    return read._replace(values=pc.if_else(is_null, None, read.values))


def trim_texts(texts: pa.StringArray) -> pa.StringArray:
    """Apply ``components._table.reading.trim`` to each text."""
    trimmed = pc.utf8_trim(texts, characters=BLANKS)
    is_ascii = pc.string_is_ascii(trimmed)
    if pc.all(is_ascii, min_count=0).as_py():
        return trimmed
    # Arrow's NFC decomposes letters instead of composing them (seen in 25.0).
    is_other = pc.fill_null(pc.invert(is_ascii), False)
    encoded = trimmed.filter(is_other).dictionary_encode()
    composed = pa.array([trim(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(trimmed, is_other, composed.take(encoded.indices))


def _read_texts(texts: pa.StringArray, reader: CellReader) -> Cells:
    plain, is_plain = _read_plain_texts(texts, reader)
    rest = pc.fill_null(pc.invert(is_plain), False)
    if not pc.any(rest, min_count=0).as_py():
        return Cells(plain, [])
    others = _read_each(texts.filter(rest), reader.read_trimmed, reader)
    rows = np.flatnonzero(rest.to_numpy(zero_copy_only=False))
    unreadable = [UnreadableRow(int(rows[found.row]), *found[1:]) for found in others.unreadable]
    return Cells(pc.replace_with_mask(plain, rest, others.values), unreadable)


def _read_plain_texts(texts: pa.StringArray, reader: CellReader) -> tuple[pa.Array, pa.BooleanArray]:
    """Return the values of the texts that Arrow can read, and a mask of these texts."""
    reading = reader.reading
    type_ = ARROW_TYPES[reading.kind]
    pattern = None
    if reading.kind in ("integer", "float"):
        pattern = (
            _WHOLE
            if reading.kind == "integer" or reading.decimal != "." or reading.thousands == "."
            else _DECIMAL
        )
    elif reading.kind == "datetime":
        pattern = _DATE
    if pattern is not None:
        is_plain = pc.match_substring_regex(texts, pattern)
        try:
            values = pc.if_else(is_plain, texts, None).cast(type_)
        except pa.ArrowInvalid:
            # Some text is not valid, such as February 30; reading each text shows which.
            pass
        else:
            # Arrow reads a number that is too large for a float as infinite.
            is_finite = pc.fill_null(pc.is_finite(values), True) if reading.kind == "float" else True
            return pc.if_else(is_finite, values, None), pc.and_(is_plain, is_finite)
    return pa.nulls(len(texts), type_), pc.if_else(texts.is_valid(), False, None)


def _read_natives(cells: pa.Array, reader: CellReader) -> Cells:
    kind = reader.reading.kind
    type_ = ARROW_TYPES[kind]
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), None, cells)
    if kind == "datetime" and cells.type == type_:
        years = pc.year(cells)
        is_known = pc.and_(pc.greater_equal(years, FIRST_YEAR), pc.less_equal(years, LAST_YEAR))
        return Cells(pc.if_else(is_known, cells, None), [])
    if kind == "boolean" and cells.type == type_:
        return Cells(cells, [])
    if kind in ("integer", "float") and _are_castable(cells, kind):
        # Whole numbers beyond 2**53 become the nearest float, as in Python.
        return Cells(cells.cast(type_, safe=False), [])
    return _read_each(cells, reader.read, reader)


def _are_castable(numbers: pa.Array, kind: Kind) -> bool:
    """Return whether all native cells are numbers that Arrow can cast to the kind."""
    if pa.types.is_integer(numbers.type):
        return True
    if not pa.types.is_floating(numbers.type):
        return False
    fitting = pc.is_finite(numbers)
    if kind == "integer":
        is_whole = pc.and_(pc.equal(pc.trunc(numbers), numbers), pc.less(pc.abs(numbers), 2.0**63))
        fitting = pc.and_(fitting, is_whole)
    return bool(pc.all(fitting, min_count=0).as_py())


def _read_each(cells: pa.Array, read: Callable[[Any], Any], reader: CellReader) -> Cells:
    """Return the values of cells, reading each distinct cell once."""
    encoded = cells.dictionary_encode()
    values, reasons = [], {}
    for code, cell in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(read(cell))
        except ValueError as error:
            values.append(None)
            reasons[code] = str(error)
    typed = pa.array(values, ARROW_TYPES[reader.reading.kind])
    return Cells(typed.take(encoded.indices), list(_iterate_unreadable_rows(encoded, reasons)))


def _iterate_unreadable_rows(encoded: pa.DictionaryArray, reasons: dict[int, str]) -> Iterator[UnreadableRow]:
    if not reasons:
        return
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(np.isin(codes, list(reasons))):
        code = int(codes[row])
        yield UnreadableRow(int(row), str(encoded.dictionary[code].as_py()), reasons[code])
