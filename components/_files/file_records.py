"""Records: the first rows of a text, cut into cells, with their line numbers."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

WHITESPACE = "whitespace"
FIXED = "fixed"
# Rows from which the layout of a table is found.
_HEAD_ROWS = 200
# Where the blanks between columns of fixed width begin and end, as (start, end).
Gaps = tuple[tuple[int, int], ...]
_WORD = re.compile(r'"[^"]*"|[^\s"]\S*|"')


@dataclass(frozen=True)
class Delimiter:
    """What separates the cells of a row.

    Attributes
    ----------
    mark : str
        One or more characters, or ``WHITESPACE`` or ``FIXED``. A character and a blank: quoted cells follow
        a blank.
    gaps : Gaps
        The gaps between columns of fixed width.
    escape : str or None
        The character before a quotation mark inside a quoted cell, if such a mark is not doubled.
    is_quoting : bool
        Whether quotation marks enclose cells; otherwise they are part of the cells.
    """

    mark: str
    gaps: Gaps = ()
    escape: str | None = None
    is_quoting: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is a single character, as in CSV."""
        return len(self.mark) == 1

    @property
    def is_spaced(self) -> bool:
        """Whether it is a character and a blank."""
        return len(self.mark) == 2 and self.mark[1] == " "


@dataclass(frozen=True)
class FileRecord:
    """A row of the file.

    Attributes
    ----------
    line : int
        The line where it begins, counted from 1.
    cells : list of str
        Its cells as written.
    """

    line: int
    cells: list[str]

    @property
    def n_filled(self) -> int:
        """How many cells are not blank."""
        return sum(bool(cell.strip()) for cell in self.cells)

    @property
    def text(self) -> str:
        """Its filled cells as one text, shortened for a message."""
        text = " ".join(cell.strip() for cell in self.cells if cell.strip())
        return text if len(text) <= 60 else text[:59] + "…"


def is_divider(text: str) -> bool:
    """Return whether a line only separates rows, such as ``----+-----``."""
    return "--" in text and not text.strip(" \t-+=|:,;")


def parse_records(head: str, delimiter: Delimiter, *, is_whole: bool) -> list[FileRecord]:
    """Return the first rows that are not blank; at least one.

    Parameters
    ----------
    head : str
        The beginning of the file.
    delimiter : Delimiter
        What separates its cells.
    is_whole : bool
        Whether the head is the whole file; otherwise its last row may be cut off and is not returned.
    """
    lines = io.StringIO(head, newline="")
    numbered = _parse_csv_records(lines, delimiter) if delimiter.is_plain else _cut_lines(lines, delimiter)
    records: list[FileRecord] = []
    try:
        for record in numbered:
            records.append(record)
            if len(records) > _HEAD_ROWS:
                return records[:-1]
    except csv.Error:
        # A cell is too long for the csv module. The rows before it are enough.
        return records or [FileRecord(1, [""])]
    records = records[:-1] if len(records) > 1 and not is_whole else records
    return records or [FileRecord(1, [""])]


def build_line_cutter(delimiter: Delimiter) -> Callable[[str], list[str]]:
    """Return the function that cuts lines at a delimiter that is not a single character."""
    if delimiter.mark == WHITESPACE:
        return _WORD.findall
    if delimiter.mark == FIXED:
        return lambda line: _cut_at_gaps(line.expandtabs(), delimiter.gaps)
    if delimiter.is_spaced:
        return lambda line: next(csv.reader([line], delimiter=delimiter.mark[0], skipinitialspace=True), [])
    return lambda line: line.split(delimiter.mark)


def _parse_csv_records(lines: Iterable[str], delimiter: Delimiter) -> Iterator[FileRecord]:
    reader = csv.reader(
        lines,
        delimiter=delimiter.mark,
        escapechar=delimiter.escape,
        quoting=csv.QUOTE_MINIMAL if delimiter.is_quoting else csv.QUOTE_NONE,
    )
    line = 1
    for cells in reader:
        if cells:
            yield FileRecord(line, cells)
        line = reader.line_num + 1


def _cut_lines(lines: Iterable[str], delimiter: Delimiter) -> Iterator[FileRecord]:
    cut = build_line_cutter(delimiter)
    for number, line in enumerate(lines, start=1):
        if not line.isspace():
            cells = cut(line.rstrip("\r\n"))
            yield FileRecord(
                number, [cell.strip('"') for cell in cells] if delimiter.mark != FIXED else cells
            )


def _cut_at_gaps(line: str, gaps: Gaps) -> list[str]:
    """Return the cells of a line, or the line as one cell if a text fills a gap."""
    cells = []
    begin = 0
    for start, end in gaps:
        gap = line[start:end]
        if gap and not gap.isspace():
            # A longer text may reach into the gap from either side if a blank remains in between.
            left, *rest = re.split(r"\s+", gap)
            if len(rest) != 1:
                return [line]
            cells.append((line[begin:start] + left).strip())
            begin = end - len(rest[0])
        else:
            cells.append(line[begin:start].strip())
            begin = end
    return [*cells, line[begin:].strip()]
