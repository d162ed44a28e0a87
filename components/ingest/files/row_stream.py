"""Rows on their way in: a file opened as a stream of batches, and the faults found on the way."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import SHOWN, InvalidSource, format_list

# Where a person has decided nothing about a file.
NO_OPTIONS = FileOptions()


@dataclass(frozen=True)
class RowStream:
    """A file opened as a stream that can be read more than once, each time with the same result.

    Attributes
    ----------
    format : str
        What the file is, as people call it: ``"CSV"``, ``"JSON lines"``, ``"Parquet"``.
    batches : callable
        Starts reading from the first row. A column of a batch is text (``pa.string()``), whose type is
        still to be found, or one of the types of ``ARROW_TYPES`` where the file itself says what its
        values are, or ``MIXED``. A later batch may have other types, and more columns, than an earlier one.
    facts : dict of str to str
        What was found about the file: its encoding, its delimiter.
    opened : tuple of Notice
        What a person should know about how the file is read, as far as its beginning says.
    seen : callable
        Returns what only its rows could say; complete after the first full pass of ``batches()``.
    """

    format: str
    iterate_batches: Callable[[], Iterator[pa.RecordBatch]]
    facts: dict[str, str] = field(default_factory=dict)
    initial_notices: tuple[Notice, ...] = ()
    collect_row_notices: Callable[[], tuple[Notice, ...]] = tuple

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All that a person should know; rows left out are in it after the first full pass only."""
        return self.initial_notices + self.collect_row_notices()


class Faults:
    """Faults of one sort: how many, and the first few in words, however many there are."""

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


def name_columns(raw: Sequence[str], source: str) -> list[str]:
    """Return the names of a table's columns: without blanks around them, and none empty.

    Raises
    ------
    InvalidSource
        Where two columns have the same name; all such names are in the message.
    """
    names = [name.strip() or f"column_{i}" for i, name in enumerate(raw)]
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidSource(
            f"{source} has more than one column named {format_list(repeated, len(repeated))}.",
            "Give each column a name of its own.",
        )
    return names


def build_minutes_notices(durations: Sequence[str], times: Sequence[str]) -> tuple[Notice, ...]:
    """Return notices that columns of durations, and columns of times of day, are read as minutes."""
    return tuple(
        Notice("note", f"Columns of {what} are read as minutes: {format_list(map(repr, names))}.")
        for what, names in (("durations", durations), ("times of day", times))
        if names
    )
