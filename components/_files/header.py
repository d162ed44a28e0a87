"""Headers: distinguish a row of names from a row of values."""

import re
from collections.abc import Sequence
from itertools import pairwise

from components._files.file_records import FileRecord
from components._readings.inference import is_null, looks_typed

# Titles and comments above a table have fewer rows.
_TOP = 50


def is_data(first: list[str], others: list[list[str]]) -> bool:
    """Return whether the first row is data rather than a header.

    It is data if most of its cells, in columns with mostly numbers or dates, are such values or null marks
    too. But whole numbers in even steps (0, 1, 2, ...), and years above other values, are names of columns.
    """
    typed = []
    below_typed: list[str] = []
    n_typed_columns = 0
    for i, cell in enumerate(first):
        below = list_values(others, i)
        if cell.strip() and sum(map(looks_typed, below)) > len(below) / 2:
            n_typed_columns += 1
            if is_null(cell) or looks_typed(cell):
                typed.append(cell.strip())
                below_typed += below
    are_names = _are_in_steps(typed) or (_are_years(typed) and not _are_years(below_typed))
    return len(typed) > n_typed_columns / 2 and not are_names


def list_values(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    """Return the cells of a column, counted from 0, that are not null; rows may be shorter."""
    return [row[column] for row in rows if column < len(row) and not is_null(row[column])]


def find_header_row(records: Sequence[FileRecord], expected: Sequence[str]) -> int | None:
    """Return the position of the row with most of the expected names; None if there is none or it is data."""
    names = frozenset(expected)
    counts = [len(names.intersection(map(str.strip, record.cells))) for record in records[:_TOP]]
    most = max(counts)
    if not names or most < len(names) / 2:
        return None
    found = counts.index(most)
    header = records[found].cells
    below = [record.cells for record in records[found + 1 :] if record.cells != header]
    # A word that is repeated in its column is a value.
    is_value = any(
        cell.strip() in names and sum(i < len(row) and row[i].strip() == cell.strip() for row in below) > 0
        for i, cell in enumerate(header)
    )
    similar = [
        row.cells
        for row in records[:found]
        if len(row.cells) == len(header) and row.n_filled > len(header) / 2
    ]
    is_apart = found > 0 and records[found].line > records[found - 1].line + 1
    is_first = not similar or (looks_like_names(header) and (is_apart or _are_headers(similar, below)))
    return found if is_first and not is_value else None


def _are_headers(rows: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows have no numbers or dates although many cells below are numbers or dates."""
    typed = [sum(looks_typed(cell) for cell in row) / len(row) for row in below if row]
    has_typed = bool(typed) and sum(share >= 0.5 for share in typed) > len(typed) / 2
    return has_typed and not any(looks_typed(cell) for row in rows for cell in row)


def is_comment(record: FileRecord) -> bool:
    """Return whether a row begins with ``#``."""
    return record.cells[0].lstrip().startswith("#")


def strip_comment_mark(cells: list[str], width: int) -> list[str]:
    """Return the names of a header without a leading ``#``."""
    if not cells[0].lstrip().startswith("#") or (cells[0].strip() == "#" and len(cells) == width):
        return cells
    first = cells[0].lstrip().lstrip("#").strip()
    return [first, *cells[1:]] if first else cells[1:]


def looks_like_names(cells: Sequence[str]) -> bool:
    """Return whether cells could be names: all different, without numbers, dates and null marks."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    is_typed = any(is_null(cell) or looks_typed(cell) for cell in filled)
    return bool(filled) and not is_typed and len(set(filled)) == len(filled)


def _are_in_steps(cells: list[str]) -> bool:
    if len(cells) < 3 or not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(cells)}
    return len(steps) == 1 and min(steps) > 0


def _are_years(cells: list[str]) -> bool:
    return all(re.fullmatch(r"(19|20)\d\d", cell.strip()) for cell in cells)
