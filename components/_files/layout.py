"""Layout: where a table begins below titles and comments, which row is its header, and its columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from components._files.file_records import FileRecord, is_divider
from components._files.header import (
    find_header_row,
    is_comment,
    is_data,
    looks_like_names,
    strip_comment_mark,
)
from components._files.units import count_unit_rows
from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource, format_list


@dataclass(frozen=True)
class Layout:
    """Where a table is in its file.

    Attributes
    ----------
    header : FileRecord or None
        The row of names; None if the table has none.
    names : list of str
        A name per column; empty if the header has none for it.
    first : FileRecord or None
        The first row of values; None if there is nothing below the header.
    header_rows : tuple of list of str
        The header, and the rows below it without values, such as units. They may be repeated further down.
    above : tuple of FileRecord
        Rows left out above the table.
    notices : tuple of Notice
        What was decided.
    """

    header: FileRecord | None
    names: list[str]
    first: FileRecord | None
    header_rows: tuple[list[str], ...]
    above: tuple[FileRecord, ...]
    notices: tuple[Notice, ...]


def find_layout(
    records: Sequence[FileRecord], width: int, options: FileOptions, expected: Sequence[str], source: str
) -> Layout:
    """Find the header and the first row of a table.

    Parameters
    ----------
    records : sequence of FileRecord
        The first rows, without those that an option skips.
    width : int
        Cells of most rows.
    options : FileOptions
        How to read the file, where the problem says so.
    expected : sequence of str
        Names that the header should contain.
    source : str
        What to call the file in an error.

    Raises
    ------
    InvalidSource
        There is no row at the line that an option names as the header, or the header has too many cells.
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
            f"but most rows below it have {width}.",
            "Give each column one name. If a cell contains the delimiter, put the cell in quotation marks.",
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
    """Return the row with which the table begins, and whether it is a header."""
    if options.header is not None and not isinstance(options.header, bool):
        line = (options.skip_rows or 0) + options.header
        matches = [i for i, record in enumerate(records) if record.line == line]
        if not matches:
            raise InvalidSource(
                f"header: {options.header} is not a row of {source}: line {line} is blank or too far down.",
                "Correct header in problem.yaml. Count lines from 1, after those of skip_rows.",
            )
        return matches[0], True
    header_row = None if options.header is False else find_header_row(records, expected)
    if header_row is not None and (options.skip_rows is None or header_row == 0):
        return header_row, True
    start = 0 if options.skip_rows is not None else _skip_titles(records, width)
    if options.header is not None:
        return start, options.header
    if is_comment(records[start]):
        return start, True
    others = [record.cells for record in records[start + 1 :] if len(record.cells) >= width]
    return start, not is_data(records[start].cells, others)


def _skip_titles(records: Sequence[FileRecord], width: int) -> int:
    """Return the first row that is a header or data: not narrow or sparse like a title, and not a comment."""
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
    """Return the number, from 1, of a comment directly above the data that names the columns; 0 if none."""
    if not start or not is_comment(records[start - 1]):
        return 0
    names = strip_comment_mark(records[start - 1].cells, width)
    is_header = len(names) == width and looks_like_names(names)
    return start if is_header and not looks_like_names(records[start].cells) else 0


def _is_short_header(above: FileRecord, below: Sequence[FileRecord], width: int) -> bool:
    """Return whether a row directly above the first full row names some of its columns."""
    n_cells = len(above.cells)
    is_near = above.line + 1 == below[0].line and not is_comment(above)
    is_wide = n_cells >= max(2, width / 2) or n_cells == width - 1
    return is_near and is_wide and looks_like_names(above.cells) and not looks_like_names(below[0].cells)


def _complete_names(
    names: list[str], below: Sequence[FileRecord], width: int, line: int
) -> tuple[list[str], list[Notice]]:
    """Return a name for each column; empty names complete a header that has fewer cells than the rows."""
    full = [record.cells for record in below if len(record.cells) == width]
    n_missing = width - len(names)
    if all(not cell.strip() for cells in full for cell in cells[len(names) :]):
        return names + [""] * n_missing, []
    if n_missing == 1:
        text = f"The header (line {line}) has one name less than there are columns: the first has none."
        names = ["", *names]
    else:
        text = f"The header (line {line}) has {len(names)} names for {width} columns: the last have none."
        names = names + [""] * n_missing
    return names, [Notice("warning", text, "Give every column a name in the header.")]


def _collect_title_notices(records: Sequence[FileRecord], start: int) -> list[Notice]:
    above = records[:start]
    above = [record for record in above if not is_divider(record.text)]
    titles = [record for record in above if not is_comment(record) and record.n_filled]
    if not above:
        return []
    n_lines = records[start].line - 1
    shown = format_list((f"line {record.line} {record.text!r}" for record in above if record.n_filled), 3)
    text = f"The table begins in line {records[start].line}. Left out above it: {shown or 'blank rows'}."
    remedy = f"If that is wrong, write in problem.yaml how many lines to skip: skip_rows: {n_lines}"
    return [Notice("warning" if titles else "note", text, remedy)]


def _build_no_header_notice(first: FileRecord, width: int) -> Notice:
    names = f"column_0 to column_{width - 1}" if width > 1 else "column_0"
    text = f"No header was found: line {first.line} is read as data, and the columns are named {names}."
    return Notice("warning", text, "If that line is the header, write in problem.yaml: header: 1")
