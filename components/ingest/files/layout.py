"""Layout: where a table begins below titles and comments, which row holds its names, what its columns are."""

from collections.abc import Sequence
from dataclasses import dataclass

from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource, format_list
from components.ingest.files.file_records import FileRecord, is_divider
from components.ingest.files.header import (
    find_header_row,
    is_comment,
    is_data,
    looks_like_names,
    strip_comment_mark,
)
from components.ingest.files.units import count_unit_rows


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

    header: FileRecord | None
    names: list[str]
    first: FileRecord | None
    below: tuple[list[str], ...]
    above: tuple[FileRecord, ...]
    notices: tuple[Notice, ...]


def find_layout(
    records: Sequence[FileRecord], width: int, options: FileOptions, expected: Sequence[str], source: str
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
    notices = (
        [] if options.skip_rows is not None or options.header else _collect_title_notices(records, start)
    )
    if not has_header:
        names = [""] * width
        if options.header is None:
            notices.append(_build_no_header_notice(records[start], width))
        return Layout(None, names, records[start], (), tuple(records[:start]), tuple(notices))
    names = strip_comment_mark(records[start].cells, width)
    is_empty_last = len(names) > width and not any(cell.strip() for cell in names[width:])
    names = names[:width] if is_empty_last else names
    below = records[start + 1 :]
    n_left_out, notice = count_unit_rows(names, below)
    notices += notice
    if len(names) < width and below:
        names, notice = _complete_names(names, below, width, records[start].line)
        notices += notice
    elif len(names) > width > 1 and below:
        raise InvalidSource(
            f"The header of {source} (line {records[start].line}) has {len(names)} cells, "
            f"most rows below it {width}.",
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


def _find_start(
    records: Sequence[FileRecord], width: int, options: FileOptions, expected: Sequence[str], source: str
) -> tuple[int, bool]:
    """Return which row the table begins with, and whether that is a header."""
    if options.header is not None and not isinstance(options.header, bool):
        line = (options.skip_rows or 0) + options.header
        at = [i for i, record in enumerate(records) if record.line == line]
        if not at:
            raise InvalidSource(
                f"header: {options.header} is not a row of {source}: line {line} is blank or far below.",
                "Correct header in problem.yaml: lines are counted from 1, after those of skip_rows.",
            )
        return at[0], True
    named = None if options.header is False else find_header_row(records, expected)
    if named is not None and (options.skip_rows is None or named == 0):
        return named, True
    start = 0 if options.skip_rows is not None else _skip_titles(records, width)
    if options.header is not None:
        return start, options.header
    if is_comment(records[start]):
        return start, True
    others = [record.cells for record in records[start + 1 :] if len(record.cells) >= width]
    return start, not is_data(records[start].cells, others)


def _skip_titles(records: Sequence[FileRecord], width: int) -> int:
    """Return the first row that is a header or data: not narrow or sparse as a title, and no comment."""
    full = [i for i, record in enumerate(records) if len(record.cells) >= width and not is_comment(record)]
    if not full:
        return 0
    start = full[0]
    if named := _find_comment_header(records, start, width):
        return named - 1
    above = records[start - 1] if start else None
    if above and _is_short_header(above, records[start:], width):
        return start - 1
    wide = next((i for i in full if records[i].n_filled > width / 2), start)
    is_sparse = all(record.cells[0].strip() or not record.n_filled for record in records[start:wide])
    if wide > start and (
        not records[start].n_filled or (is_sparse and looks_like_names(records[wide].cells))
    ):
        return wide
    return start


def _find_comment_header(records: Sequence[FileRecord], start: int, width: int) -> int:
    """Return the number, from 1, of a comment right above the data that holds their names; 0 for none."""
    if not start or not is_comment(records[start - 1]):
        return 0
    names = strip_comment_mark(records[start - 1].cells, width)
    is_header = len(names) == width and looks_like_names(names)
    return start if is_header and not looks_like_names(records[start].cells) else 0


def _is_short_header(above: FileRecord, below: Sequence[FileRecord], width: int) -> bool:
    """Return whether a row right above the first full one names some of its columns."""
    n_cells = len(above.cells)
    is_near = above.line + 1 == below[0].line and not is_comment(above)
    is_wide = n_cells >= max(2, width / 2) or n_cells == width - 1
    return is_near and is_wide and looks_like_names(above.cells) and not looks_like_names(below[0].cells)


def _complete_names(
    names: list[str], below: Sequence[FileRecord], width: int, line: int
) -> tuple[list[str], list[Notice]]:
    """Return a name for each column, empty where the header, in a line, has fewer cells than the rows."""
    full = [record.cells for record in below if len(record.cells) == width]
    n_missing = width - len(names)
    if all(not cell.strip() for cells in full for cell in cells[len(names) :]):
        return names + [""] * n_missing, []
    if n_missing == 1:
        text = f"The header (line {line}) has one name less than there are columns: the first has none."
        return ["", *names], [Notice("warning", text, "Give every column a name in the header.")]
    text = f"The header (line {line}) has {len(names)} names for {width} columns: the last ones have none."
    return names + [""] * n_missing, [Notice("warning", text, "Give every column a name in the header.")]


def _collect_title_notices(records: Sequence[FileRecord], start: int) -> list[Notice]:
    above = records[:start]
    above = [record for record in above if not is_divider(record.text)]
    titles = [record for record in above if not is_comment(record) and record.n_filled]
    if not above:
        return []
    n_lines = records[start].line - 1
    shown = format_list((f"line {record.line} {record.text!r}" for record in above if record.n_filled), 3)
    text = f"The table begins in line {records[start].line}; left out above it: {shown or 'blank rows'}."
    remedy = f"If that is wrong, say in problem.yaml how many lines to leave out: skip_rows: {n_lines}"
    return [Notice("warning" if titles else "note", text, remedy)]


def _build_no_header_notice(first: FileRecord, width: int) -> Notice:
    names = f"column_0 to column_{width - 1}" if width > 1 else "column_0"
    text = f"No header was found: line {first.line} is read as data, and the columns are named {names}."
    return Notice("warning", text, "If that line holds the names, write in problem.yaml: header: 1")
