"""Whole columns of cells, read to exactly the values that ``CellReader`` gives for each cell."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES
from components._table.date_text import FIRST_YEAR, LAST_YEAR
from components._table.kinds import Kind
from components._table.number_text import build_core_pattern, get_marks
from components._table.plain_texts import TextBytes, parse_dates, parse_numbers, parse_whole
from components._table.reading import BLANKS, CellReader, trim
from components._table.rewritten_texts import rewrite_dates, rewrite_numbers
from components._table.text_cells import TextCells

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


class ReadCells(NamedTuple):
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


def read_cells(cells: pa.Array | TextCells, reader: CellReader) -> ReadCells:
    """Return the values of a column's cells.

    Parameters
    ----------
    cells : pyarrow Array or TextCells
        Texts, native values of the types of ``ARROW_TYPES``, or both as ``MIXED``.
    reader : CellReader
        The reader of the column.
    """
    type_ = ARROW_TYPES[reader.reading.kind]
    if isinstance(cells, TextCells):
        return _make_null(_read_texts(cells, reader), reader)
    if cells.type == MIXED:
        texts = read_cells(cells.field("text"), reader)
        numbers = read_cells(cells.field("number"), reader)
        values = pc.coalesce(texts.values, numbers.values)
        return ReadCells(values, sorted([*texts.unreadable, *numbers.unreadable]))
    if pa.types.is_null(cells.type):
        return ReadCells(pa.nulls(len(cells), type_), [])
    is_text = pa.types.is_string(cells.type)
    read = _read_texts(TextCells(cells), reader) if is_text else _read_natives(cells, reader)
    return _make_null(read, reader)


def trim_texts(texts: pa.StringArray) -> pa.StringArray:
    """Apply ``components._table.reading.trim`` to each text."""
    if not texts.null_count and TextBytes.from_texts(texts).are_trimmed():
        return texts
    trimmed = pc.utf8_trim(texts, characters=BLANKS)
    is_ascii = pc.string_is_ascii(trimmed)
    if pc.all(is_ascii, min_count=0).as_py():
        return trimmed
    # Arrow's NFC decomposes letters instead of composing them (seen in 25.0).
    is_other = pc.fill_null(pc.invert(is_ascii), False)
    encoded = trimmed.filter(is_other).dictionary_encode()
    composed = pa.array([trim(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(trimmed, is_other, composed.take(encoded.indices))


def find_nulls(texts: pa.StringArray, nulls: pa.StringArray) -> pa.BooleanArray:
    """Return which trimmed texts are null marks, which are as ``str.casefold`` makes them."""
    # Case folding makes no text shorter, and a character has up to four bytes.
    longest = pc.max(pc.utf8_length(nulls)).as_py() or 0
    is_short = pc.less_equal(pc.binary_length(texts), 4 * longest)
    short = texts.filter(is_short)
    if len(short) == len(texts):
        return pc.is_in(fold_texts(texts), nulls)
    return pc.replace_with_mask(is_short, is_short, pc.is_in(fold_texts(short), nulls))


def fold_texts(texts: pa.StringArray) -> pa.StringArray:
    """Return texts as ``str.casefold`` makes them; Arrow's lower case keeps ß."""
    lower = pc.utf8_lower(texts)
    is_other = pc.invert(pc.string_is_ascii(texts))
    if not pc.any(is_other, min_count=0).as_py():
        return lower
    encoded = texts.filter(is_other).dictionary_encode()
    folded = pa.array([text.casefold() for text in encoded.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(lower, is_other, folded.take(encoded.indices))


def _make_null(read: ReadCells, reader: CellReader) -> ReadCells:
    """Make null of the values that mean none."""
    if not reader.null_values:
        return read
    is_null = pc.is_in(read.values, pa.array(list(reader.null_values), read.values.type))
    return read._replace(values=pc.if_else(is_null, None, read.values))


def _read_texts(cells: TextCells, reader: CellReader) -> ReadCells:
    if reader.reading.kind == "string":
        return ReadCells(_read_strings(cells, reader), [])
    plain = None if cells.has_few else _read_plain_bytes(cells, reader)
    if plain is None:
        return _read_other_texts(cells, reader)
    return _read_rest(cells.texts, *plain, lambda rest: _read_trimmed(trim_texts(rest), reader))


def _read_other_texts(cells: TextCells, reader: CellReader) -> ReadCells:
    """Return the values of texts that are not plain, reading each once if most occur several times."""
    if cells.has_repeats:
        different = _read_trimmed(trim_texts(cells.encoded.dictionary), reader)
        if not different.unreadable:
            return ReadCells(different.values.take(cells.encoded.indices), [])
    return _read_trimmed(trim_texts(cells.texts), reader)


def _read_trimmed(texts: pa.StringArray, reader: CellReader) -> ReadCells:
    is_filled = pc.greater(pc.binary_length(texts), 0)
    values = None if texts.null_count else _read_rewritten(texts.filter(is_filled), reader)
    if values is not None:
        if len(values) == len(texts):
            return ReadCells(values, [])
        return ReadCells(_place_values(values, np.asarray(is_filled)), [])
    plain, is_plain = _read_plain_texts(texts, reader)
    return _read_rest(texts, plain, is_plain, lambda rest: _read_each(rest, reader.read_trimmed, reader))


def _read_rest(
    texts: pa.StringArray, plain: pa.Array, is_plain: pa.BooleanArray, read: Callable[[pa.Array], ReadCells]
) -> ReadCells:
    """Return the values of texts of which some are read already, and a function reads the others."""
    rest = pc.fill_null(pc.invert(is_plain), False)
    if not pc.any(rest, min_count=0).as_py():
        return ReadCells(plain, [])
    others = read(texts.filter(rest))
    rows = np.flatnonzero(rest.to_numpy(zero_copy_only=False))
    unreadable = [UnreadableRow(int(rows[found.row]), *found[1:]) for found in others.unreadable]
    return ReadCells(pc.replace_with_mask(plain, rest, others.values), unreadable)


def _read_strings(cells: TextCells, reader: CellReader) -> pa.StringArray:
    if not reader.spellings and not cells.has_repeats:
        texts = trim_texts(cells.texts)
        is_null = find_nulls(texts, pa.array(["", *reader.reading.nulls], pa.string()))
        return pc.if_else(is_null, None, texts) if pc.any(is_null).as_py() else texts
    encoded = cells.encoded
    values = pa.array(map(reader.read_text, encoded.dictionary.to_pylist()), pa.string())
    return cells.texts if values.equals(encoded.dictionary) else values.take(encoded.indices)


def _read_plain_bytes(cells: TextCells, reader: CellReader) -> tuple[pa.Array, pa.BooleanArray] | None:
    """Return the values of plain and empty texts, and a mask of these; None if patterns must find them."""
    kind = reader.reading.kind
    if kind not in ("integer", "float", "datetime") or cells.texts.null_count:
        return None
    found = cells.plain
    if found is None or found.are_dates != (kind == "datetime"):
        return None
    if kind == "datetime":
        values = cells.moments
    elif _has_only_whole(reader):
        values = cells.parse_whole(found)
        # The values of whole numbers as texts, not those of int64: -0 is a float.
        values = values if values is None or kind == "integer" else found.texts.cast(pa.float64())
    else:
        values = cells.parse_numbers(found)
    if values is None or found.is_plain is None:
        return None if values is None else (values, pa.array(np.ones(len(values), np.bool_)))
    is_plain = pa.array(found.is_plain)
    return _place_values(values, found.is_plain), pc.or_(is_plain, pc.equal(pc.binary_length(cells.texts), 0))


def _place_values(values: pa.Array, is_known: np.ndarray) -> pa.Array:
    """Return values at some places, and null at the others."""
    numbers = values.view(pa.int64()) if pa.types.is_timestamp(values.type) else values
    spread = np.zeros(len(is_known), numbers.to_numpy().dtype)
    spread[is_known] = numbers.to_numpy()
    return pa.array(spread, mask=~is_known).view(values.type)


def _read_rewritten(texts: pa.StringArray, reader: CellReader) -> pa.Array | None:
    """Return the values of numbers and dates that can be made plain by their bytes; None if some cannot."""
    reading = reader.reading
    if reading.kind == "datetime" and len(reading.formats) == 1:
        dates = rewrite_dates(texts, reading.formats[0])
        return None if dates is None else parse_dates(dates)
    if reading.kind not in ("integer", "float") or (reading.decimal == "." and not reading.thousands):
        return None
    numbers = rewrite_numbers(texts, reading.decimal, reading.thousands)
    if numbers is None:
        return None
    return parse_whole(numbers) if reading.kind == "integer" else parse_numbers(numbers)


def _read_plain_texts(texts: pa.StringArray, reader: CellReader) -> tuple[pa.Array, pa.BooleanArray]:
    """Return the values of the texts that Arrow can read, and a mask of these texts."""
    reading = reader.reading
    type_ = ARROW_TYPES[reading.kind]
    if reading.kind in ("integer", "float"):
        if reading.decimal != "." or reading.thousands:
            return _read_styled_numbers(texts, reader)
        pattern = _WHOLE if reading.kind == "integer" else _DECIMAL
    elif reading.kind == "datetime":
        pattern = _DATE
    else:
        return _read_nothing(texts, type_)
    return _cast_texts(texts, pc.match_substring_regex(texts, pattern), type_)


def _read_styled_numbers(texts: pa.StringArray, reader: CellReader) -> tuple[pa.Array, pa.BooleanArray]:
    """Return the values of the numbers that have no unit or exponent, and a mask of these texts."""
    style = reader.reading.style
    core = build_core_pattern(style.decimal, style.thousands)
    bare = texts
    if style.thousands:
        bare = pc.replace_substring_regex(bare, f"[{re.escape(get_marks(style.thousands))}]", "")
    if reader.reading.kind == "float":
        bare = pc.replace_substring(bare, style.decimal, ".")
        return _cast_texts(bare, pc.match_substring_regex(texts, f"^[+-]?(?:{core})$"), pa.float64())
    is_number = pc.match_substring_regex(texts, f"^-?(?:{core})$")
    return _cast_texts(bare, pc.and_(is_number, pc.match_substring_regex(bare, _WHOLE)), pa.int64())


def _cast_texts(
    texts: pa.StringArray, is_plain: pa.BooleanArray, type_: pa.DataType
) -> tuple[pa.Array, pa.BooleanArray]:
    """Return the values of texts that are plain, and a mask of those that Arrow can read."""
    try:
        values = pc.if_else(is_plain, texts, None).cast(type_)
    except pa.ArrowInvalid:
        # Some text is not valid, such as February 30; reading each text shows which.
        return _read_nothing(texts, type_)
    # Arrow reads a number that is too large for a float as infinite.
    is_finite = pc.fill_null(pc.is_finite(values), True) if pa.types.is_floating(type_) else True
    return pc.if_else(is_finite, values, None), pc.and_(is_plain, is_finite)


def _read_nothing(texts: pa.StringArray, type_: pa.DataType) -> tuple[pa.Array, pa.BooleanArray]:
    return pa.nulls(len(texts), type_), pc.if_else(texts.is_valid(), False, None)


def _has_only_whole(reader: CellReader) -> bool:
    """Return whether Arrow reads only whole numbers as the reading does: its decimal mark is a dot."""
    reading = reader.reading
    return reading.kind == "integer" or reading.decimal != "." or reading.thousands == "."


def _read_natives(cells: pa.Array, reader: CellReader) -> ReadCells:
    kind = reader.reading.kind
    type_ = ARROW_TYPES[kind]
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), None, cells)
    if kind == "datetime" and cells.type == type_:
        years = pc.year(cells)
        is_known = pc.and_(pc.greater_equal(years, FIRST_YEAR), pc.less_equal(years, LAST_YEAR))
        return ReadCells(pc.if_else(is_known, cells, None), [])
    if kind == "boolean" and cells.type == type_:
        return ReadCells(cells, [])
    if kind in ("integer", "float") and _are_castable(cells, kind):
        # Whole numbers beyond 2**53 become the nearest float, as in Python.
        return ReadCells(cells.cast(type_, safe=False), [])
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


def _read_each(cells: pa.Array, read: Callable[[Any], Any], reader: CellReader) -> ReadCells:
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
    return ReadCells(typed.take(encoded.indices), list(_iterate_unreadable_rows(encoded, reasons)))


def _iterate_unreadable_rows(encoded: pa.DictionaryArray, reasons: dict[int, str]) -> Iterator[UnreadableRow]:
    if not reasons:
        return
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(np.isin(codes, list(reasons))):
        code = int(codes[row])
        yield UnreadableRow(int(row), str(encoded.dictionary[code].as_py()), reasons[code])
