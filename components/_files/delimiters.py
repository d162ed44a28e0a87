"""Delimiters: find the character, blanks or fixed widths that separate the cells of a text."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components._files.file_records import (
    FIXED,
    WHITESPACE,
    Delimiter,
    FileRecord,
    Gaps,
    is_divider,
    parse_records,
)
from components.errors import InvalidSource

# The comma comes after the most usual others because it is also a decimal mark and part of texts: if another
# delimiter cuts all rows alike too, the other is taken.
NAMES = {
    "::": "::",
    "||": "||",
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    ",": "comma",
    "^": "caret",
    "\x01": "\\x01",
    "\x1f": "\\x1f",
    "~": "tilde",
}
# The colon is part of times. So it is tried last, and must cut every row alike.
_COLON = ":"
_TITLES = 10
# Share of rows that a character must cut alike to be preferred to blanks and fixed widths.
_MOST = 0.9
_ALL_BUT_TITLES = 0.95
_SEP = re.compile(r'"?sep=([^\r\n])"?[;,\t| ]*$', re.IGNORECASE)


@dataclass(frozen=True)
class _DelimiterFit:
    """How well a delimiter cuts the first rows into cells.

    Attributes
    ----------
    delimiter : Delimiter
        The delimiter.
    n_names : int
        Most expected names in one row.
    share : float
        Share of rows with the same number of cells.
    start : int
        The first of these rows.
    is_shifted : bool
        Whether the header has one cell more or less than they have.
    """

    delimiter: Delimiter
    n_names: int
    share: float
    start: int
    is_shifted: bool = False


def name_delimiter(delimiter: Delimiter) -> str:
    """Return the usual name of a delimiter."""
    if delimiter.mark == FIXED:
        return "fixed width"
    if delimiter.is_spaced:
        return f"{NAMES[delimiter.mark[0]]} and blank"
    return NAMES.get(delimiter.mark, delimiter.mark)


def compute_modal_width(records: Sequence[FileRecord]) -> int:
    """Return the most frequent number of cells of rows with several cells; 1 if there are few such rows."""
    widths = Counter(len(record.cells) for record in records if len(record.cells) > 1)
    return widths.most_common(1)[0][0] if widths.total() > len(records) / 3 else 1


def parse_sep_line(head: str) -> str | None:
    """Return the delimiter that a first line such as Excel's ``sep=;`` names."""
    found = _SEP.match(head.split("\n", 1)[0].rstrip("\r"))
    return found[1] if found else None


def check_delimiter(option: str, head: str, source: str) -> Delimiter:
    """Return the delimiter of an option, which is a character or a name.

    Raises
    ------
    InvalidSource
        The delimiter is not in the file.
    """
    marks = {name: mark for mark, name in NAMES.items()} | {"space": WHITESPACE}
    mark = marks.get(option, option)
    if mark == FIXED:
        gaps = _find_gaps(head)
        if gaps:
            return Delimiter(FIXED, gaps)
        raise InvalidSource(
            f"delimiter: {option} does not fit {source}: its rows have no blanks at the same positions.",
            "Give the character between the cells, or remove the line from problem.yaml.",
        )
    if mark == " ":
        mark = WHITESPACE
    is_present = re.search(r"\S[ \t]+\S", head) if mark == WHITESPACE else mark in head
    if not is_present:
        found = find_delimiter(head, (), is_whole=True)
        hint = f"delimiter: {name_delimiter(found)} fits" if found.mark in head else "no delimiter fits"
        raise InvalidSource(
            f"delimiter: {option!r} is not in the first rows of {source}.",
            f"Correct the line in problem.yaml ({hint}), or remove it.",
        )
    return Delimiter(mark)


def find_delimiter(head: str, expected: Sequence[str] = (), *, is_whole: bool) -> Delimiter:
    """Return the delimiter that cuts most rows into the same number of cells.

    Parameters
    ----------
    head : str
        The beginning of the file.
    expected : sequence of str
        Names that the header should contain. A delimiter that finds them is preferred.
    is_whole : bool
        Whether the head is the whole file; otherwise its last row may be cut off.
    """
    lines = [line.strip() for line in head.splitlines()[:50]]
    if any(line.strip('"') in expected for line in lines):
        # A line that is one name: a table with one column.
        return Delimiter(",")
    fits = [
        fit
        for delimiter in _iterate_candidates(head)
        if (fit := _rate_delimiter(head, delimiter, expected, is_whole))
    ]
    best = max(fits, key=lambda fit: (fit.n_names, fit.share), default=None)
    blanks = _rate_delimiter(head, Delimiter(WHITESPACE), expected, is_whole)
    is_padded = _is_padded([line for line in lines if line])
    if blanks and blanks.share == 1 and not blanks.is_shifted and _is_better(blanks, best, is_padded):
        return blanks.delimiter
    gaps = _find_gaps(head, expected)
    widths = _rate_delimiter(head, Delimiter(FIXED, gaps), expected, is_whole) if gaps else None
    colons = _rate_delimiter(head, Delimiter(_COLON), expected, is_whole)
    for fit in (widths, blanks):
        if fit and _is_better(fit, best, is_padded):
            return fit.delimiter
    if best is None and colons and colons.share == 1:
        return colons.delimiter
    return best.delimiter if best else Delimiter(",")


def _iterate_candidates(head: str) -> Iterator[Delimiter]:
    """Yield the characters of a text that may be its delimiter."""
    for mark in NAMES:
        if mark in head:
            if len(mark) == 1 and f'{mark} "' in head and _has_spaced_quotes(head, mark):
                yield Delimiter(mark + " ")
            # MySQL and Spark escape with a backslash. At the end of a cell it is the end of a path instead.
            is_escaped = len(mark) == 1 and re.search(rf'\\"[^{re.escape(mark)}\r\n]', head)
            is_quoting = is_escaped or len(mark) > 1 or not _has_stray_quotes(head, mark)
            yield Delimiter(mark, escape="\\" if is_escaped else None, is_quoting=bool(is_quoting))


def _has_stray_quotes(head: str, mark: str) -> bool:
    """Return whether a cell continues after a second quotation mark, and no cell ends with one."""
    if '"' not in head:
        return False
    try:
        deque(csv.reader(io.StringIO(head, newline=""), delimiter=mark, strict=True), maxlen=0)
        return False
    except csv.Error as error:
        if "expected after" not in str(error):
            return False
    end = re.escape(mark)
    return re.search(rf'(^|{end})"[^"\r\n]*"({end}|\r?$)', head, re.MULTILINE) is None


def _has_spaced_quotes(head: str, mark: str) -> bool:
    """Return whether cells begin with a blank and a quotation mark, which a CSV reader does not recognise."""
    records = parse_records(head, Delimiter(mark), is_whole=False)
    return any(cell.startswith(' "') for record in records for cell in record.cells)


def _is_padded(lines: Sequence[str]) -> bool:
    """Return whether most lines have several blanks in a row, which texts rarely have."""
    return sum("  " in line.strip() for line in lines) >= max(1, len(lines) / 2)


def _rate_delimiter(
    head: str, delimiter: Delimiter, expected: Sequence[str], is_whole: bool
) -> _DelimiterFit | None:
    records = [
        record for record in parse_records(head, delimiter, is_whole=is_whole) if not is_divider(record.text)
    ]
    width = compute_modal_width(records)
    if width == 1:
        return None
    starts = [i for i, record in enumerate(records) if len(record.cells) == width]
    is_shifted = delimiter.mark == WHITESPACE and _is_short_or_marked(records[0], width)
    starts = [0, *starts] if is_shifted else starts
    share = len(starts) / len(records)
    names = frozenset(expected)
    n_names = max(len(names.intersection(map(str.strip, record.cells))) for record in records[:50])
    return _DelimiterFit(delimiter, n_names if share > 0.5 else 0, share, starts[0], is_shifted)


def _is_short_or_marked(header: FileRecord, width: int) -> bool:
    """Return whether a header lacks a name for the row names, as in R, or begins with a comment mark."""
    return len(header.cells) == width - 1 or (len(header.cells) == width + 1 and header.cells[0] == "#")


def _is_better(fit: _DelimiterFit, best: _DelimiterFit | None, is_padded: bool) -> bool:
    """Return whether blanks or fixed widths cut the rows better than the best character does."""
    if fit.share < (_ALL_BUT_TITLES if fit.start == 0 else _MOST):
        return False
    if best is None:
        return True
    if fit.n_names != best.n_names:
        return fit.n_names > best.n_names
    # A character that cuts the rows but not their header is a part of cells; a tab may be a blank.
    is_blank = best.delimiter.mark == "\t" and is_padded and fit.delimiter.mark == WHITESPACE
    is_part = best.start > fit.start or best.share < _MOST or is_blank
    return is_part and fit.share >= best.share


def _find_gaps(head: str, expected: Sequence[str] = ()) -> Gaps:
    """Return the positions that are blank in all lines from the header on, or in nearly all lines."""
    every = head.expandtabs().splitlines()[:200]
    # A blank line separates a title from the table.
    blank = [i for i, line in enumerate(every[:_TITLES]) if not line.strip() and len(every) > i + 3]
    lines = [line.rstrip() for line in every[blank[-1] if blank else 0 :] if line.strip()]
    if len(lines) < 3 or not _is_padded(lines):
        # Columns of fixed width are padded with blanks, texts are not.
        return ()
    names = frozenset(expected)
    header = next((i for i, line in enumerate(lines) if not names.isdisjoint(line.split())), 0)
    table = lines[header : -2 if len(lines) - header > 10 else None]
    n_across = max(len(lines) // 30, 2 if len(lines) >= 10 else 0)
    gaps = _find_common_gaps(table, 0)
    return _drop_unnamed_gaps(table[0], gaps) if gaps else _find_common_gaps(lines, n_across)


def _drop_unnamed_gaps(header: str, gaps: Gaps) -> Gaps:
    """Return the gaps without single blanks that no name follows, as between a date and its time."""
    ends = [start for start, _ in gaps[1:]] + [len(header)]
    return tuple(
        (start, end)
        for (start, end), next_start in zip(gaps, ends, strict=True)
        if end - start > 1 or header[end:next_start].strip()
    )


def _find_common_gaps(lines: Sequence[str], n_across: int) -> Gaps:
    """Return the ranges of positions that are blank in all lines but ``n_across``."""
    most = max(map(len, lines))
    filled = [sum(line[i : i + 1].strip() != "" for line in lines) for i in range(most)]
    flags = "".join("x" if n > n_across else " " for n in filled)
    return tuple((found.start() + 1, found.end()) for found in re.finditer("x +(?=x)", flags))
