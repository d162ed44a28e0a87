"""Layout: where a table begins below titles and comments, which row holds its names, what its columns are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from components._problem.reading import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource, listed
from components.ingest.inference import is_null, looks_typed
from components.ingest.records import Record, is_rule

# Titles and comments above a table are no more.
_TOP = 50
_UNIT = re.compile(
    r"[\[(]?[^\W\d_°µ$€£¥%]{0,6}[°µ$€£¥%²³]?[A-Za-z]{0,6}[0-9²³]?([/·*. ^-]{1,2}[A-Za-z0-9²³]{1,6})*[\])]?"
)
_TYPE_WORDS = frozenset(
    [
        "int",
        "integer",
        "float",
        "double",
        "number",
        "numeric",
        "text",
        "string",
        "varchar",
        "char",
        "date",
        "bool",
        "boolean",
    ]
)


@dataclass(frozen=True)
class Layout:
    """How a table lies in its file.

    Attributes
    ----------
    header : Record or None
        The row of names; None where there is none.
    names : list of str
        A name per column; empty where the header has none.
    first : Record or None
        The first row of values; None where nothing lies below the header.
    below : tuple of list of str
        The header and the rows below it that hold no values, as they may come again.
    above : tuple of Record
        Rows left out above the table.
    notices : tuple of Notice
        What was decided.
    """

    header: Record | None
    names: list[str]
    first: Record | None
    below: tuple[list[str], ...]
    above: tuple[Record, ...]
    notices: tuple[Notice, ...]


def find_layout(
    records: Sequence[Record], width: int, options: FileOptions, expected: Sequence[str], source: str
) -> Layout:
    """Find the header and the first row of a table.

    Parameters
    ----------
    records : sequence of Record
        The first rows, without those that a person has skipped.
    width : int
        Cells of most rows.
    options : FileOptions
        What a person has decided.
    expected : sequence of str
        Names that the header should hold.
    source : str
        What to call the file in an error.

    Raises
    ------
    InvalidSource
        Where there is no row at the line that is to be the header.
    """
    start, has_header = _find_start(records, width, options, expected, source)
    notices = [] if options.skip_rows is not None or options.header else _title_notices(records, start)
    if not has_header:
        names = [""] * width
        if options.header is None:
            notices.append(_no_header_notice(records[start], width))
        return Layout(None, names, records[start], (), tuple(records[:start]), tuple(notices))
    names = _without_mark(records[start].cells, width)
    is_empty_last = len(names) > width and not any(cell.strip() for cell in names[width:])
    names = names[:width] if is_empty_last else names
    below = records[start + 1 :]
    n_left_out, notice = _skip_units(names, below)
    notices += notice
    if len(names) < width and below:
        names, notice = _complete_names(names, below, width, records[start].line)
        notices += notice
    elif len(names) > width > 1 and below:
        raise InvalidSource(
            f"The header of {source} (line {records[start].line}) has {len(names)} cells, most rows below it {width}.",
            "Give each column one name, or put cells that hold the delimiter in quotation marks.",
        )
    return Layout(
        records[start],
        names,
        below[n_left_out] if len(below) > n_left_out else None,
        tuple(record.cells for record in records[start : start + 1 + n_left_out]),
        tuple(records[:start]),
        tuple(notices),
    )


def is_data(first: list[str], others: list[list[str]]) -> bool:
    """Return whether the first row is data rather than a header.

    It is when most of its cells, in columns that otherwise hold numbers or dates, are such values or null
    tokens too. Whole numbers in even steps (0, 1, 2, ...), and years above values that are no years, are
    names of columns all the same.
    """
    alike = []
    below_alike: list[str] = []
    n_telling = 0
    for i, cell in enumerate(first):
        below = [row[i] for row in others if i < len(row) and not is_null(row[i])]
        if cell.strip() and sum(map(looks_typed, below)) > len(below) / 2:
            n_telling += 1
            if is_null(cell) or looks_typed(cell):
                alike.append(cell.strip())
                below_alike += below
    are_names = _are_in_steps(alike) or (_are_years(alike) and not _are_years(below_alike))
    return len(alike) > n_telling / 2 and not are_names


def _find_start(
    records: Sequence[Record], width: int, options: FileOptions, expected: Sequence[str], source: str
) -> tuple[int, bool]:
    """Return which row the table begins with, and whether that is a header."""
    if options.header is not None and not isinstance(options.header, bool):
        line = (options.skip_rows or 0) + options.header
        at = [i for i, record in enumerate(records) if record.line == line]
        if not at:
            raise InvalidSource(
                f"header: {options.header} is not a row of {source}: line {line} is blank or beyond its first rows.",
                "Lines are counted from 1 after those that skip_rows leaves out; correct header in problem.yaml.",
            )
        return at[0], True
    named = None if options.header is False else _find_named(records, expected)
    if named is not None and (options.skip_rows is None or named == 0):
        return named, True
    start = 0 if options.skip_rows is not None else _skip_titles(records, width)
    if options.header is not None:
        return start, options.header
    if _is_comment(records[start]):
        return start, True
    others = [record.cells for record in records[start + 1 :] if len(record.cells) >= width]
    return start, not is_data(records[start].cells, others)


def _find_named(records: Sequence[Record], expected: Sequence[str]) -> int | None:
    """Return the row that holds at least half of the expected names, and does not look like one of the data."""
    names = frozenset(expected)
    counts = [len(names.intersection(map(str.strip, record.cells))) for record in records[:_TOP]]
    most = max(counts)
    if not names or most < len(names) / 2:
        return None
    found = counts.index(most)
    header = records[found].cells
    below = [record.cells for record in records[found + 1 :] if record.cells != header]
    # A word that comes again in its column is a value there.
    is_value = any(
        cell.strip() in names and sum(i < len(row) and row[i].strip() == cell.strip() for row in below) > 0
        for i, cell in enumerate(header)
    )
    like_it = [
        row for row in records[:found] if len(row.cells) == len(header) and row.n_filled > len(header) / 2
    ]
    is_below_data = bool(like_it) and is_data(header, below)
    return None if is_value or is_below_data else found


def _skip_titles(records: Sequence[Record], width: int) -> int:
    """Return the first row that is a header or data: not narrow or sparse as a title, and no comment."""
    full = [i for i, record in enumerate(records) if len(record.cells) >= width and not _is_comment(record)]
    if not full:
        return 0
    start = full[0]
    if named := _comment_with_names(records, start, width):
        return named - 1
    above = records[start - 1] if start else None
    if above and _is_short_header(above, records[start:], width):
        return start - 1
    wide = next((i for i in full if records[i].n_filled > width / 2), start)
    is_sparse = all(record.cells[0].strip() or not record.n_filled for record in records[start:wide])
    if wide > start and (
        not records[start].n_filled or (is_sparse and _looks_like_names(records[wide].cells))
    ):
        return wide
    return start


def _is_comment(record: Record) -> bool:
    return record.cells[0].lstrip().startswith("#")


def _comment_with_names(records: Sequence[Record], start: int, width: int) -> int:
    """Return the number, from 1, of a comment right above the data that holds their names; 0 for none."""
    if not start or not _is_comment(records[start - 1]):
        return 0
    names = _without_mark(records[start - 1].cells, width)
    is_header = len(names) == width and _looks_like_names(names)
    return start if is_header and not _looks_like_names(records[start].cells) else 0


def _without_mark(cells: list[str], width: int) -> list[str]:
    """Return the names of a header without the sign of a comment before them."""
    if not cells[0].lstrip().startswith("#") or (cells[0].strip() == "#" and len(cells) == width):
        return cells
    first = cells[0].lstrip().lstrip("#").strip()
    return [first, *cells[1:]] if first else cells[1:]


def _is_short_header(above: Record, below: Sequence[Record], width: int) -> bool:
    """Return whether a row right above the first full one names some of its columns."""
    n_cells = len(above.cells)
    is_near = above.line + 1 == below[0].line and not _is_comment(above)
    is_wide = n_cells >= max(2, width / 2) or n_cells == width - 1
    return is_near and is_wide and _looks_like_names(above.cells) and not _looks_like_names(below[0].cells)


def _looks_like_names(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    is_typed = any(is_null(cell) or looks_typed(cell) for cell in filled)
    return bool(filled) and not is_typed and len(set(filled)) == len(filled)


def _skip_units(names: list[str], below: Sequence[Record]) -> tuple[int, list[Notice]]:
    """Return how many rows right below the header hold units or a rule instead of values."""
    n_left_out = 0
    notices = []
    for i, record in enumerate(below[:3]):
        filled = [cell for cell in record.cells if cell.strip()]
        others = [other.cells for other in below[i + 1 :]]
        is_line = is_rule(" ".join(filled))
        if not is_line and not (others and _holds_units(record.cells, others, len(names))):
            break
        n_left_out = i + 1
        if not is_line:
            text = f"Line {record.line}, below the header, holds units ({record.text}) and is left out."
            notices.append(Notice("warning", text, "Remove it from the file, or add the units to the names."))
    return n_left_out, notices


def _holds_units(cells: list[str], others: list[list[str]], width: int) -> bool:
    """Return whether a row has units, or nothing, above the numbers of each column, and nothing else."""
    n_units = n_values = 0
    for i, cell in enumerate(cells[:width]):
        below = [row[i] for row in others if i < len(row) and not is_null(row[i])]
        is_typed = bool(below) and sum(map(looks_typed, below)) > 0.8 * len(below)
        text = cell.strip()
        is_unit = bool(text) and not is_null(text) and not looks_typed(text) and bool(_UNIT.fullmatch(text))
        n_units += is_unit and is_typed
        is_mark = not text or text.strip("[]()") in ("-", "") or text.lower() in _TYPE_WORDS
        n_values += not (is_mark or (is_unit and is_typed))
    return n_units > 0 and n_values == 0


def _complete_names(
    names: list[str], below: Sequence[Record], width: int, line: int
) -> tuple[list[str], list[Notice]]:
    """Return a name for each column, empty where the header, in a line, has fewer cells than the rows."""
    full = [record.cells for record in below if len(record.cells) == width]
    n_missing = width - len(names)
    if all(not cell.strip() for cells in full for cell in cells[len(names) :]):
        return names + [""] * n_missing, []
    if n_missing == 1:
        text = f"The header (line {line}) has one name less than there are columns; the first column, as of row names, is taken to have none."
        return ["", *names], [Notice("warning", text, "Give every column a name in the header.")]
    text = f"The header (line {line}) has {len(names)} names for {width} columns; the last {n_missing} are taken to have none."
    return names + [""] * n_missing, [Notice("warning", text, "Give every column a name in the header.")]


def _title_notices(records: Sequence[Record], start: int) -> list[Notice]:
    above = records[:start]
    above = [record for record in above if not is_rule(record.text)]
    titles = [record for record in above if not _is_comment(record) and record.n_filled]
    if not above:
        return []
    n_lines = records[start].line - 1
    shown = listed((f"line {record.line} {record.text!r}" for record in above if record.n_filled), 3)
    text = f"The table begins in line {records[start].line}; left out above it: {shown or 'blank rows'}."
    remedy = f"If that is wrong, say in problem.yaml how many lines to leave out: skip_rows: {n_lines}"
    return [Notice("warning" if titles else "note", text, remedy)]


def _no_header_notice(first: Record, width: int) -> Notice:
    names = f"column_0 to column_{width - 1}" if width > 1 else "column_0"
    text = f"No header was found: line {first.line} is read as data, and the columns are named {names}."
    return Notice("warning", text, "If that line holds the names, write in problem.yaml: header: 1")


def _are_in_steps(cells: list[str]) -> bool:
    if len(cells) < 3 or not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(cells)}
    return len(steps) == 1 and min(steps) > 0


def _are_years(cells: list[str]) -> bool:
    return all(re.fullmatch(r"(19|20)\d\d", cell.strip()) for cell in cells)
