"""Filters: leave out rows and columns between the reader of a text and its user."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from components._files.row_stream import Faults
from components._table.notice import Notice


class RepeatFilter:
    """Leaves out rows that repeat the header, as in concatenated exports.

    Parameters
    ----------
    patterns : sequence of list of str
        The header, and the rows above and below it with the same number of cells.
    """

    def __init__(self, patterns: Sequence[Sequence[str]]) -> None:
        self._patterns = [list(pattern) for pattern in patterns]
        # The second of two concatenated files begins with a byte-order mark.
        self._firsts = pa.array(
            [mark + pattern[0] for pattern in patterns for mark in ("", "\ufeff")], pa.string()
        )
        self._found = Faults()

    def apply(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the batches without such rows."""
        n_before = 0
        for batch in batches:
            is_like = pc.is_in(batch.column(0), self._firsts) if self._patterns else None
            # For most batches the first column is enough.
            if is_like is None or not pc.any(is_like).as_py():
                yield batch
            else:
                repeats = [i for i in pc.indices_nonzero(is_like).to_pylist() if self._is_repeat(batch, i)]
                for i in repeats:
                    self._found.add(str(n_before + i + 1))
                kept = pa.array(sorted(set(range(batch.num_rows)) - set(repeats)), pa.int64())
                yield batch.take(kept) if repeats else batch
            n_before += batch.num_rows

    def collect_notices(self) -> list[Notice]:
        """Return a notice about what was left out."""
        if not self._found.total:
            return []
        text = f"Rows that repeat the header are left out: {self._found} (counted below it)."
        return [Notice("warning", text, "Check that the file does not contain several different tables.")]

    def _is_repeat(self, batch: pa.RecordBatch, at: int) -> bool:
        cells = [column[at].as_py() for column in batch.columns]
        cells[0] = cells[0].removeprefix("\ufeff")
        return any(cells[: len(pattern)] == pattern for pattern in self._patterns)


class UnnamedFilter:
    """Leaves out columns without a name as long as they have no values.

    Parameters
    ----------
    unnamed : sequence of str
        The columns whose header is empty.
    """

    def __init__(self, unnamed: Sequence[str]) -> None:
        self._empty = dict.fromkeys(unnamed)

    def apply(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the batches without such columns; a column returns with the batch of its first value."""
        for batch in batches:
            for name in list(self._empty):
                if pc.any(pc.not_equal(pc.utf8_trim_whitespace(batch.column(name)), "")).as_py():
                    del self._empty[name]
            yield batch.drop_columns(list(self._empty)) if self._empty else batch

    def collect_notices(self) -> list[Notice]:
        """Return a notice about what was left out."""
        n_empty = len(self._empty)
        if not n_empty:
            return []
        text = "A column without a name and without values is left out."
        if n_empty > 1:
            text = f"{n_empty} columns without names and without values are left out."
        return [Notice("note", text)]


def drop_last_rows(
    batches: Iterable[pa.RecordBatch], n_held: int, decide: Callable[[pa.Table, int], int]
) -> Iterator[pa.RecordBatch]:
    """Return the batches without the last rows that do not belong to the table.

    Parameters
    ----------
    batches : iterable of RecordBatch
        All rows.
    n_held : int
        Rows at the end that are held back until all rows are read.
    decide : callable
        Takes the last rows and the number of rows before them, and returns how many to leave out.
    """
    held: deque[pa.RecordBatch] = deque()
    n_waiting = n_yielded = 0
    for batch in batches:
        held.append(batch)
        n_waiting += batch.num_rows
        while held and n_waiting - held[0].num_rows >= n_held:
            n_waiting -= held[0].num_rows
            n_yielded += held[0].num_rows
            yield held.popleft()
    table = pa.Table.from_batches(held) if held else pa.table({})
    n_front = max(0, table.num_rows - n_held)
    n_left_out = decide(table.slice(n_front), n_yielded + n_front)
    yield from table.slice(0, table.num_rows - n_left_out).to_batches()
