"""Steps between the reader of a text and its user, each from batches to batches."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from components._table.notice import Notice
from components.ingest.files.row_stream import Faults


class RepeatFilter:
    """Leaves out rows that are the header again, as where exports were put together.

    Parameters
    ----------
    patterns : sequence of list of str
        The header, and what stands above and below it in as many cells.
    """

    def __init__(self, patterns: Sequence[Sequence[str]]) -> None:
        self._patterns = [list(pattern) for pattern in patterns]
        # The second of two files put together begins with a byte-order mark.
        self._firsts = pa.array(
            [mark + pattern[0] for pattern in patterns for mark in ("", "\ufeff")], pa.string()
        )
        self._found = Faults()

    def apply(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the batches without such rows."""
        n_before = 0
        for batch in batches:
            is_like = pc.is_in(batch.column(0), self._firsts) if self._patterns else None
            # Of most batches one column is looked at, and no row.
            if is_like is None or not pc.any(is_like).as_py():
                yield batch
            else:
                again = [i for i in pc.indices_nonzero(is_like).to_pylist() if self._is_repeat(batch, i)]
                for i in again:
                    self._found.add(str(n_before + i + 1))
                kept = pa.array(sorted(set(range(batch.num_rows)) - set(again)), pa.int64())
                yield batch.take(kept) if again else batch
            n_before += batch.num_rows

    def collect_notices(self) -> list[Notice]:
        """Return what was left out."""
        if not self._found.total:
            return []
        text = f"The header comes again below itself and is left out there; rows below it: {self._found}."
        return [Notice("warning", text, "See whether files were put together that do not belong together.")]

    def _is_repeat(self, batch: pa.RecordBatch, at: int) -> bool:
        cells = [column[at].as_py() for column in batch.columns]
        cells[0] = cells[0].removeprefix("\ufeff")
        return any(cells[: len(pattern)] == pattern for pattern in self._patterns)


class UnnamedFilter:
    """Leaves out columns without a name for as long as they have no values either.

    Parameters
    ----------
    unnamed : sequence of str
        The columns whose header is empty.
    """

    def __init__(self, unnamed: Sequence[str]) -> None:
        self._empty = dict.fromkeys(unnamed)

    def apply(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the batches without such columns; a later batch has those whose values begin there."""
        for batch in batches:
            for name in list(self._empty):
                if pc.any(pc.not_equal(pc.utf8_trim_whitespace(batch.column(name)), "")).as_py():
                    del self._empty[name]
            yield batch.drop_columns(list(self._empty)) if self._empty else batch

    def collect_notices(self) -> list[Notice]:
        """Return what was left out."""
        n_empty = len(self._empty)
        if not n_empty:
            return []
        columns = "A column" if n_empty == 1 else f"{n_empty} columns"
        return [Notice("note", f"{columns} with neither a name nor values left out.")]


def drop_last_rows(
    batches: Iterable[pa.RecordBatch], n_held: int, decide: Callable[[pa.Table, int], int]
) -> Iterator[pa.RecordBatch]:
    """Return the batches without the last rows that are none of the table.

    Parameters
    ----------
    batches : iterable of RecordBatch
        All rows.
    n_held : int
        Rows that are held back until no more come.
    decide : callable
        Takes the last rows and the number of those before them, and returns how many to leave out.
    """
    held: deque[pa.RecordBatch] = deque()
    n_waiting = n_given = 0
    for batch in batches:
        held.append(batch)
        n_waiting += batch.num_rows
        while held and n_waiting - held[0].num_rows >= n_held:
            n_waiting -= held[0].num_rows
            n_given += held[0].num_rows
            yield held.popleft()
    table = pa.Table.from_batches(held) if held else pa.table({})
    n_front = max(0, table.num_rows - n_held)
    n_left_out = decide(table.slice(n_front), n_given + n_front)
    yield from table.slice(0, table.num_rows - n_left_out).to_batches()
