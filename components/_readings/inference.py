"""Inference: find the readings of a table's columns from all rows; memory does not grow with the rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import pyarrow as pa

from components._problem.reading_options import ColumnOptions
from components._readings.column_evidence import ColumnEvidence
from components._readings.counted_texts import CountedTexts
from components._readings.decision import decide_reading
from components._readings.raw_column import Decision, RawColumn, get_null_marks
from components._table.arrow import ARROW_TYPES
from components._table.cells import UnreadableRow, read_cells
from components._table.notice import Notice
from components._table.reading import NULL_MARKS, CellReader, trim
from components._table.table_reading import ColumnReading, Example
from components._table.text_cells import CellBatch, TextCells
from components.errors import SHOWN, InvalidData

_TYPED = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|true|false|\d{4}-\d\d-\d\d([ T].*)?", re.I
)


@dataclass(frozen=True)
class InferredReadings:
    """The readings of a table's columns.

    Attributes
    ----------
    decisions : dict of str to Decision
        The columns, in order of appearance.
    examples : dict of str to tuple of Example
        A few cells of each, before and after.
    n_rows : int
        Rows of the table.
    """

    decisions: dict[str, Decision]
    examples: dict[str, tuple[Example, ...]]
    n_rows: int

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices about all columns."""
        return tuple(notice for decision in self.decisions.values() for notice in decision.notices)

    @cached_property
    def readers(self) -> dict[str, CellReader]:
        """The reader of each column."""
        return {name: CellReader(found.reading, found.categories) for name, found in self.decisions.items()}


@dataclass
class ColumnFaults:
    """The cells of a column that do not fit its reading.

    Attributes
    ----------
    n : int
        How many.
    first : list of UnreadableRow
        The first few, by their rows in the table, from 0.
    """

    n: int = 0
    first: list[UnreadableRow] = field(default_factory=list)

    def add(self, found: Iterable[UnreadableRow], first_row: int) -> None:
        """Add the cells of a batch that begins at a row of the table."""
        for cell in found:
            self.n += 1
            if len(self.first) < SHOWN:
                self.first.append(cell._replace(row=cell.row + first_row))

    def describe(self, column: str, first_row: int = 1) -> str:
        """Return a sentence that names the first of them, rows counted from ``first_row``."""
        cells = [f"row {cell.row + first_row:,} {cell.cell!r:.40} {cell.reason}" for cell in self.first]
        more = f", and {self.n - len(cells):,} more" if self.n > len(cells) else ""
        return f"Column {column!r} has cells that do not fit its type: {', '.join(cells)}{more}."


def build_faults_error(faults: Mapping[str, ColumnFaults], remedy: str, first_row: int = 1) -> InvalidData:
    """Return the error that names each column with cells that do not fit, and the first such rows."""
    return InvalidData("\n".join(found.describe(name, first_row) for name, found in faults.items()), remedy)


def build_schema(readers: Mapping[str, CellReader]) -> pa.Schema:
    """Return the schema of the columns that some readers return."""
    return pa.schema([(name, ARROW_TYPES[reader.reading.kind]) for name, reader in readers.items()])


class CellEvidence:
    """What the cells of a table's columns look like, as far as its rows are known.

    Parameters
    ----------
    get_options : callable
        Returns the options of a column.
    target : str or None
        The column to predict.
    known : mapping of str to ColumnReading
        Columns whose reading is known.

    Attributes
    ----------
    n_rows : int
        Rows so far.
    """

    def __init__(
        self,
        get_options: Callable[[str], ColumnOptions] = lambda name: ColumnOptions(),
        target: str | None = None,
        known: Mapping[str, ColumnReading] = MappingProxyType({}),
    ) -> None:
        self._get_options = get_options
        self._target = target
        self._known = known
        self._columns: dict[str, ColumnEvidence | None] = {}
        self._counted: dict[str, CountedTexts] = {}
        self.n_rows = 0

    def add(self, batch: CellBatch) -> None:
        """Add rows: columns of texts, of native values, or ``MIXED``; a later batch may have more columns."""
        self.n_rows += batch.n_rows
        for name, cells in batch.columns.items():
            if name not in self._columns:
                marks = get_null_marks(self._get_options(name), is_target=name == self._target)
                self._columns[name] = None if name in self._known else ColumnEvidence(marks)
            if (seen := self._columns[name]) is None:
                continue
            if not isinstance(cells, TextCells) or not cells.has_few:
                seen.add(cells)
                continue
            counted = self._counted.setdefault(name, CountedTexts())
            counted.add(cells)
            if counted.are_enough:
                _add_counted(seen, counted)

    def decide(self) -> InferredReadings:
        """Return the readings that fit all rows so far."""
        decisions, examples = {}, {}
        for name, found in self._columns.items():
            if found is None:
                decisions[name] = Decision(self._known[name].reading, self._known[name].categories)
                examples[name] = self._known[name].examples
            else:
                if name in self._counted:
                    _add_counted(found, self._counted[name])
                column = RawColumn(name, found, self._get_options(name), name == self._target)
                decisions[name] = decide_reading(column)
                examples[name] = decisions[name].choose_examples(found)
        return InferredReadings(decisions, examples, self.n_rows)

    def is_same_table(self, earlier: InferredReadings, later: InferredReadings) -> bool:
        """Return whether earlier readings give the rows so far the values that the latest ones give."""
        return list(earlier.decisions) == list(later.decisions) and all(
            found is None or _is_same_column(earlier.decisions[name], later.decisions[name], found)
            for name, found in self._columns.items()
        )


def infer_readings(
    batches: Iterable[pa.RecordBatch],
    get_options: Callable[[str], ColumnOptions] = lambda name: ColumnOptions(),
    target: str | None = None,
    known: Mapping[str, ColumnReading] = MappingProxyType({}),
) -> InferredReadings:
    """Find the reading of each column from all rows; the options are those of ``CellEvidence``."""
    evidence = CellEvidence(get_options, target, known)
    for batch in batches:
        evidence.add(CellBatch.from_batch(batch))
    return evidence.decide()


def read_batches(
    batches: Iterable[pa.RecordBatch | CellBatch],
    readers: Mapping[str, CellReader],
    unreadable: dict[str, ColumnFaults],
) -> Iterator[pa.RecordBatch]:
    """Yield batches of the columns that have a reader, with the values that it reads.

    Parameters
    ----------
    batches : iterable of RecordBatch or CellBatch
        Columns of texts, of native values, or ``MIXED``.
    readers : mapping of str to CellReader
        The columns, in order; one that a batch does not have is null.
    unreadable : dict of str to ColumnFaults
        Collects the cells that do not fit, by column.
    """
    schema = build_schema(readers)
    n_rows = 0
    for batch in batches:
        cells = batch if isinstance(batch, CellBatch) else CellBatch.from_batch(batch)
        yield _read_batch(cells, readers, schema, unreadable, n_rows)
        n_rows += cells.n_rows


def _read_batch(
    batch: CellBatch,
    readers: Mapping[str, CellReader],
    schema: pa.Schema,
    unreadable: dict[str, ColumnFaults],
    first_row: int,
) -> pa.RecordBatch:
    columns = []
    for name, reader in readers.items():
        if name not in batch.columns:
            columns.append(pa.nulls(batch.n_rows, schema.field(name).type))
            continue
        cells = read_cells(batch.columns[name], reader)
        if cells.unreadable:
            unreadable.setdefault(name, ColumnFaults()).add(cells.unreadable, first_row)
        columns.append(cells.values)
    return pa.record_batch(columns, schema=schema)


def _add_counted(evidence: ColumnEvidence, counted: CountedTexts) -> None:
    found = counted.take()
    if found is not None:
        evidence.add_counted(*found)


def _is_same_column(earlier: Decision, later: Decision, evidence: ColumnEvidence) -> bool:
    if replace(earlier.reading, is_folded=later.reading.is_folded) != later.reading:
        return False
    if earlier == later or later.reading.kind != "string":
        return True
    if evidence.spellings is None:
        # Which spellings the earlier reading has changed is no longer known.
        return not earlier.reading.is_folded
    readers = [CellReader(decision.reading, decision.categories) for decision in (earlier, later)]
    first, second = (reader.spellings for reader in readers)
    return all(
        first.get(folded, text) == second.get(folded, text)
        for folded, counts in evidence.spellings.items()
        for text in counts
    )


def is_null(cell: str) -> bool:
    """Return whether a cell is empty or a null mark."""
    return trim(cell).casefold() in ("", *NULL_MARKS)


def looks_typed(cell: str) -> bool:
    """Return whether a cell looks like a number, a boolean or an ISO date, and so not like a name."""
    return _TYPED.fullmatch(trim(cell)) is not None
