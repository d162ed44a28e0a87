"""Inference: find the readings of a table's columns from all rows; memory does not grow with the rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa

from components._problem.reading_options import ColumnOptions
from components._readings.column_evidence import ColumnEvidence
from components._readings.decision import decide_reading
from components._readings.raw_column import Decision, RawColumn, get_null_marks
from components._table.arrow import ARROW_TYPES
from components._table.cells import UnreadableRow, read_cells
from components._table.notice import Notice
from components._table.reading import NULL_MARKS, CellReader, trim
from components._table.table_reading import ColumnReading, Example
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

    @property
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


def infer_readings(
    batches: Iterable[pa.RecordBatch],
    get_options: Callable[[str], ColumnOptions] = lambda name: ColumnOptions(),
    target: str | None = None,
    known: Mapping[str, ColumnReading] = MappingProxyType({}),
) -> InferredReadings:
    """Find the reading of each column from all rows.

    Parameters
    ----------
    batches : iterable of RecordBatch
        Columns of texts, of native values, or ``MIXED``; a later batch may have more columns.
    get_options : callable
        Returns the options of a column.
    target : str or None
        The column to predict.
    known : mapping of str to ColumnReading
        Columns whose reading is known.
    """
    evidence: dict[str, ColumnEvidence | None] = {}
    n_rows = 0
    for batch in batches:
        n_rows += batch.num_rows
        for name, cells in zip(batch.schema.names, batch.columns, strict=True):
            if name not in evidence:
                marks = get_null_marks(get_options(name), is_target=name == target)
                evidence[name] = None if name in known else ColumnEvidence(marks)
            if (seen := evidence[name]) is not None:
                seen.add(cells)
    decisions, examples = {}, {}
    for name, found in evidence.items():
        if found is None:
            decisions[name] = Decision(known[name].reading, known[name].categories)
            examples[name] = known[name].examples
        else:
            decisions[name] = decide_reading(RawColumn(name, found, get_options(name), name == target))
            examples[name] = decisions[name].choose_examples(found)
    return InferredReadings(decisions, examples, n_rows)


def read_batches(
    batches: Iterable[pa.RecordBatch],
    readers: Mapping[str, CellReader],
    unreadable: dict[str, ColumnFaults],
) -> Iterator[pa.RecordBatch]:
    """Yield batches of the columns that have a reader, with the values that it reads.

    Parameters
    ----------
    batches : iterable of RecordBatch
        Columns of texts, of native values, or ``MIXED``.
    readers : mapping of str to CellReader
        The columns, in order; one that a batch does not have is null.
    unreadable : dict of str to ColumnFaults
        Collects the cells that do not fit, by column.
    """
    schema = build_schema(readers)
    n_rows = 0
    for batch in batches:
        present = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns = []
        for name, reader in readers.items():
            if name not in present:
                columns.append(pa.nulls(batch.num_rows, schema.field(name).type))
                continue
            cells = read_cells(present[name], reader)
            if cells.unreadable:
                unreadable.setdefault(name, ColumnFaults()).add(cells.unreadable, n_rows)
            columns.append(cells.values)
        n_rows += batch.num_rows
        yield pa.record_batch(columns, schema=schema)


def is_null(cell: str) -> bool:
    """Return whether a cell is empty or a null mark."""
    return trim(cell).casefold() in ("", *NULL_MARKS)


def looks_typed(cell: str) -> bool:
    """Return whether a cell looks like a number, a boolean or an ISO date, and so not like a name."""
    return _TYPED.fullmatch(trim(cell)) is not None
