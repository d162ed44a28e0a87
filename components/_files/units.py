"""Units: rows directly below a header with units, types or a separator line instead of values."""

import re
from collections.abc import Sequence

from components._files.file_records import FileRecord, is_divider
from components._files.header import list_values
from components._readings.inference import is_null, looks_typed
from components._table.notice import Notice

_UNIT = re.compile(
    r"[\[(]?[^\W\d_°µ$€£¥%]{0,6}[°µ$€£¥%²³]?[A-Za-z]{0,6}[0-9²³]?([/·*. ^-]{1,2}[A-Za-z0-9²³]{1,6})*[\])]?"
)
# Formats of the dates and times below, such as dd.mm.yyyy and hh:mm.
_FORM = re.compile(r"[\[(]?[dmyhs]{1,4}([:./ -]+[dmyhst]{1,4})+[\])]?", re.IGNORECASE)
# Numbers, dates and times as written in any country.
_MEASURED = re.compile(r"[+(-]?[$€£]?\s?\d[\d.,:/'’\s-]*\s?[$€£%]?\)?")
_TYPE_WORDS = (
    "int", "integer", "float", "double", "number", "numeric", "text", "string", "varchar", "char", "date",
    "bool", "boolean", "class", "category", "factor",
)  # fmt: skip

# The share of values below a unit that are measured.
_MOSTLY = 0.8


def count_unit_rows(names: list[str], below: Sequence[FileRecord]) -> tuple[int, list[Notice]]:
    """Return how many rows directly below the header have units or a separator line instead of values."""
    n_left_out = 0
    notices = []
    for i, record in enumerate(below[:3]):
        filled = [cell for cell in record.cells if cell.strip()]
        others = [other.cells for other in below[i + 1 :]]
        is_line = is_divider(" ".join(filled))
        if not is_line and not (others and _has_units(record.cells, others, len(names))):
            break
        n_left_out = i + 1
        if not is_line:
            text = f"Line {record.line}, below the header, has units ({record.text}) and is left out."
            remedy = "If you need the units, add them to the names of the columns."
            notices.append(Notice("warning", text, remedy))
    return n_left_out, notices


def _has_units(cells: list[str], others: list[list[str]], width: int) -> bool:
    """Return whether a row has only units above numbers and marks such as ``-`` above other values."""
    n_units = 0
    for i, cell in enumerate(cells[:width]):
        text = cell.strip()
        if _is_likely_unit(text) and _is_measured_column(list_values(others, i)):
            n_units += 1
        elif not _is_mark(text):
            return False
    return n_units > 0


def _is_likely_unit(text: str) -> bool:
    return bool(text) and not is_null(text) and not looks_typed(text) and bool(_UNIT.fullmatch(text))


def _is_mark(text: str) -> bool:
    is_word = text.strip("[]()") in ("-", "") or text.lower() in _TYPE_WORDS
    return is_word or _FORM.fullmatch(text) is not None


def _is_measured_column(cells: list[str]) -> bool:
    return bool(cells) and sum(map(_is_measured, cells)) > _MOSTLY * len(cells)


def _is_measured(cell: str) -> bool:
    return looks_typed(cell) or _MEASURED.fullmatch(cell.strip()) is not None
