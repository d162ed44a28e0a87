"""Ragged rows: those with too few or too many cells, which are notes, comments, titles again, or faults."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow.csv

from components._table.notice import Notice
from components.ingest.files.file_records import is_divider
from components.ingest.files.footers import TAIL, Footer, is_note
from components.ingest.files.rewritten_text import UNIT
from components.ingest.files.row_stream import Faults


class _RaggedRow(NamedTuple):
    number: int
    n_cells: int
    text: str


class RaggedRows:
    """Takes the rows that do not fit, and says what they are once the file has been read.

    Parameters
    ----------
    mark : str
        The character between cells, as the reader knows it.
    width : int
        Cells of a row that fits.
    titles : sequence of str
        Lines above the table, which come again where exports were put together.
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
        """Count a row; the reader goes on without it."""
        self.total += 1
        text = row.text.strip().lstrip("\ufeff")
        if is_divider(text):
            return "skip"
        if text.startswith("#") or text.replace('"', "") in self._titles:
            self._others.add(f"row {row.number} {text[:60]!r}")
            return "skip"
        if len(self._last) == TAIL:
            self._add_fault(self._last.popleft())
        # A quotation mark that is never closed makes one row of the rest of the file.
        self._last.append(_RaggedRow(row.number, row.actual_columns, row.text[:10_000]))
        return "skip"

    def count_from(self, number: int) -> int:
        """Return how many of the rows are the one of a number or later ones."""
        return sum(row.number >= number for row in self._last)

    def split_footers(self, n_records: int, n_left_out: int, given: int | None) -> list[Footer]:
        """Return the rows that are notes below the table, the last one first; all others become faults.

        Parameters
        ----------
        n_records : int
            Number of the file's last row.
        n_left_out : int
            Rows that fit and are left out at the end.
        given : int or None
            How many rows a person leaves out at the end; None where notes are to be found.
        """
        footers = []
        rows = {row.number: row for row in self._last}
        number = n_records
        while number in rows or n_left_out:
            if number not in rows:
                n_left_out -= 1
            elif number > n_records - given if given is not None else self._is_footer(rows[number].text):
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
        """Return what is left out between the rows of the table."""
        if not self._others.total:
            return []
        text = f"Comments and titles between the rows are left out: {self._others}."
        return [Notice("warning", text, "Remove them from the file if that is wrong or unwanted.")]

    def _add_fault(self, row: _RaggedRow) -> None:
        self.faults.add(f"row {row.number} has {row.n_cells}")

    def _is_footer(self, text: str) -> bool:
        cells = [cell.strip().strip('"').strip() for cell in text.split(self._mark)]
        return is_note(cells, [["x"] * self._width])
