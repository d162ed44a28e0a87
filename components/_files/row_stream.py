"""Row streams: a file as a stream of batches, and the faults that are found in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO

import pyarrow as pa

from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components._table.table_reading import TableReading
from components.errors import SHOWN, InvalidSource, format_list

# The options if the problem says nothing about the file.
NO_OPTIONS = FileOptions()


@dataclass(frozen=True)
class RowStream:
    """A file as a stream of batches that can be read again and again, with the same result.

    Attributes
    ----------
    format : str
        The usual name of the format: ``"CSV"``, ``"JSON lines"``, ``"Parquet"``.
    iterate_batches : callable
        Starts reading from the first row. A column of a batch is text (``pa.string()``), whose kind must
        still be found, or of one of the types of ``ARROW_TYPES`` if the file has types, or ``MIXED``. A
        later batch may have other types and more columns than an earlier one.
    facts : dict of str to str
        Facts about the file, such as its encoding and its delimiter.
    initial_notices : tuple of Notice
        How the file is read, as far as its beginning shows.
    collect_row_notices : callable
        Returns the notices that depend on all rows; complete after the first full pass.
    reading : TableReading or None
        How its columns are read, if the file says so.
    first_line : int or None
        The line of the file, or the row of its sheet, with the first row of values. None if it has no lines,
        or if lines between the rows are left out as the workbook is opened.
    n_bytes : int
        Size of the files that a pass reads; 0 if they are not read as a stream.
    count_read : callable
        Returns how many of these the current pass has read.
    """

    format: str
    iterate_batches: Callable[[], Iterator[pa.RecordBatch]]
    facts: dict[str, str] = field(default_factory=dict)
    initial_notices: tuple[Notice, ...] = ()
    collect_row_notices: Callable[[], tuple[Notice, ...]] = tuple
    reading: TableReading | None = None
    first_line: int | None = None
    n_bytes: int = 0
    count_read: Callable[[], int] = int

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All notices about the file; those about rows left out are complete after the first full pass."""
        return self.initial_notices + self.collect_row_notices()


class Faults:
    """Counts faults of one kind, and keeps the first few."""

    def __init__(self) -> None:
        self.total = 0
        self._first: list[str] = []

    def add(self, fault: str) -> None:
        """Count a fault; ``fault`` says where it is."""
        self.total += 1
        if len(self._first) < SHOWN:
            self._first.append(fault)

    def __str__(self) -> str:
        rest = self.total - len(self._first)
        return ", ".join(self._first) + (f" and {rest} more" if rest else "")


def count_bytes(text: TextIO) -> int:
    """Return how many bytes of an open file were read for its text."""
    return text.buffer.tell()


def name_columns(titles: Sequence[str], source: str) -> list[str]:
    """Return the names of a table's columns without blanks around them; an empty name becomes ``column_i``.

    Raises
    ------
    InvalidSource
        Columns have the same name; the message lists all such names.
    """
    names = [name.strip() or f"column_{i}" for i, name in enumerate(titles)]
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidSource(
            f"{source} has more than one column named {format_list(repeated, len(repeated))}.",
            "Give each column its own name.",
        )
    return names


def build_minutes_notices(durations: Sequence[str], times: Sequence[str]) -> tuple[Notice, ...]:
    """Return notices that columns of durations, and columns of times of day, are read as minutes."""
    return tuple(
        Notice("note", f"Columns of {what} are read as minutes: {format_list(map(repr, names))}.")
        for what, names in (("durations", durations), ("times of day", times))
        if names
    )
