"""Draft: the table written while its rows are read for the first time, as its first rows are read.

The readings of the columns depend on all rows. But those of the first rows seldom change, and then the rows
need not be read again.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from components._files.row_stream import RowStream
from components._readings.inference import (
    CellEvidence,
    ColumnFaults,
    InferredReadings,
    build_schema,
    read_batches,
)
from components._table.storage import TableInfo, write_table
from components._table.text_cells import CellBatch


class WrittenTable(NamedTuple):
    """A table on disk.

    Attributes
    ----------
    info : TableInfo
        Facts about it.
    faults : dict of str to ColumnFaults
        The cells that do not fit, by column.
    """

    info: TableInfo
    faults: dict[str, ColumnFaults]


def write_draft(
    rows: RowStream, evidence: CellEvidence, table: Path
) -> tuple[InferredReadings, WrittenTable | None]:
    """Collect the evidence of all rows, and write the table meanwhile.

    Parameters
    ----------
    rows : RowStream
        The rows, which are read once.
    evidence : CellEvidence
        Collects what their cells look like.
    table : Path
        Folder to make.

    Returns
    -------
    InferredReadings
        The readings that fit all rows.
    WrittenTable or None
        The table with these readings; None, and no folder, if the first rows alone are read differently.
    """
    fitting = _FittingRows(rows, evidence)
    guess = fitting.guess
    values = read_batches(fitting.iterate_batches(), guess.readers, fitting.faults)
    info = write_table(values, build_schema(guess.readers), table)
    found = fitting.decide()
    if fitting.is_whole and evidence.is_same_table(guess, found):
        return found, WrittenTable(info, fitting.faults)
    shutil.rmtree(table)
    return found, None


class _FittingRows:
    """The rows, as long as the readings of the first ones fit them.

    Attributes
    ----------
    guess : InferredReadings
        The readings of the first rows.
    faults : dict of str to ColumnFaults
        The cells that these cannot read, which their user adds.
    is_whole : bool
        Whether all rows fit.
    """

    def __init__(self, rows: RowStream, evidence: CellEvidence) -> None:
        # Their texts are read for evidence, and again for values.
        self._batches = map(CellBatch.from_batch, rows.iterate_batches())
        self._evidence = evidence
        self._first = next(self._batches, None)
        if self._first is not None:
            evidence.add(self._first)
        self._n_batches = 1
        self.guess = evidence.decide()
        self.faults: dict[str, ColumnFaults] = {}
        self.is_whole = False

    def iterate_batches(self) -> Iterator[CellBatch]:
        """Yield them."""
        if self._first is not None:
            yield self._first
        self._first = None
        for batch in self._batches:
            self._evidence.add(batch)
            self._n_batches += 1
            if not self._can_fit():
                return
            yield batch
        self.is_whole = True

    def decide(self) -> InferredReadings:
        """Return the readings that fit all rows."""
        for batch in self._batches:
            self._evidence.add(batch)
            self._n_batches += 1
        return self.guess if self._n_batches == 1 else self._evidence.decide()

    def _can_fit(self) -> bool:
        if any(self.guess.decisions[name].reading.unreadable == "refuse" for name in self.faults):
            return False
        # To decide takes time too, so only when the rows have doubled.
        is_due = self._n_batches.bit_count() == 1
        return not is_due or self._evidence.is_same_table(self.guess, self._evidence.decide())
