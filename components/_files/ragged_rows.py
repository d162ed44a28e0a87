"""Ragged rows: rows with too few or too many cells, which are notes, comments, repeated titles or faults."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow.csv

from components._files.file_records import is_divider
from components._files.footers import TAIL, Footer, is_note
from components._files.rewritten_text import UNIT
from components._files.row_stream import Faults
from components._table.notice import Notice


class _RaggedRow(NamedTuple):
    number: int
    n_cells: int
    text: str


class RaggedRows:
    """Collects the rows that do not fit; after the last row it is known what they are.

    Parameters
    ----------
    mark : str
        The character between cells in Arrow's reader.
    width : int
        Cells of a row that fits.
    titles : sequence of str
        Lines above the table, which are repeated in concatenated exports.
    """

    def __init__(self, mark: str, width: int, titles: Sequence[str]) -> None:
        self._mark = mark
        self._width = width
        self._titles = frozenset(titles)
        self._last: deque[_RaggedRow] = deque(maxlen=TAIL)
        self._others = Faults()
        self.total = 0
        self.faults = Faults()

    def add(self, row: "pyarrow.csv.InvalidRow") -> str:
        """Add a row; Arrow's reader skips it."""
        self.total += 1
        text = row.text.strip().lstrip("\ufeff")
        if is_divider(text):
            return "skip"
        if text.startswith("#") or text.replace('"', "") in self._titles:
            self._others.add(f"row {row.number} {text[:60]!r}")
            return "skip"
        if len(self._last) == TAIL:
            self._add_fault(self._last.popleft())
        # After a quotation mark without a closing one, the rest of the file is one row.
        self._last.append(_RaggedRow(row.number, row.actual_columns, row.text[:10_000]))
        return "skip"

    def count_from(self, number: int) -> int:
        """Return how many of the rows have this number or a higher one."""
        return sum(row.number >= number for row in self._last)

    def split_footers(self, n_records: int, n_left_out: int, skip_footer: int | None) -> list[Footer]:
        """Return the rows that are footers, the last one first; all others become faults.

        Parameters
        ----------
        n_records : int
            Number of the last row of the file.
        n_left_out : int
            Rows that fit and are left out at the end.
        skip_footer : int or None
            The option: how many rows to leave out at the end. None: find them.
        """
        footers = []
        first = None if skip_footer is None else n_records - skip_footer + 1
        rows = {row.number: row for row in self._last}
        number = n_records
        while number in rows or n_left_out:
            if number not in rows:
                n_left_out -= 1
            elif self._is_footer(rows[number].text) if first is None else number >= first:
                text = rows.pop(number).text.strip().strip('"')
                footers.append(Footer([text.replace(UNIT, " ")], "a note"))
            else:
                break
            number -= 1
        for row in self._last:
            if row.number in rows:
                self._add_fault(row)
        return footers

    def collect_notices(self) -> list[Notice]:
        """Return a warning about rows that are left out between the rows of the table."""
        if not self._others.total:
            return []
        text = f"Comments and titles between the rows are left out: {self._others}."
        return [Notice("warning", text, "If that is wrong, change these rows in the file.")]

    def _add_fault(self, row: _RaggedRow) -> None:
        self.faults.add(f"row {row.number} has {row.n_cells}")

    def _is_footer(self, text: str) -> bool:
        cells = [cell.strip().strip('"').strip() for cell in text.split(self._mark)]
        return is_note(cells, [["x"] * self._width])
