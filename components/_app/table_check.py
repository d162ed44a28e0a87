"""The check of an uploaded table: how it is read, and which cells a person should look at."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._app.batch_model import BatchModel
from components._files.row_stream import RowStream
from components._model.intake import Intake
from components._readings.inference import build_schema
from components._table.cells import MIXED, ReadCells, read_cells
from components._table.notice import Notice
from components._table.reading import CellReader
from components._table.schema import Column
from components.errors import InvalidData, InvalidSource

Json = dict[str, Any]
Fault = Literal["unreadable", "out_of_range", "unknown_category", "null"]

MOST_SHOWN = 100
_MOST_EXAMPLES = 3
_ROWS_OF_EXAMPLES = 1_000
_LONGEST_CELL = 60
_BLOCK = 1 << 20
# What only those can do who train a model.
_OF_PROBLEM = "problem.yaml"


class CellProblem(NamedTuple):
    """A cell to look at.

    Attributes
    ----------
    row : int
        Its row in the table, from 0.
    column : str
        Its column.
    cell : str
        Its content.
    kind : str
        What is unusual about it.
    reason : str
        Why it cannot be read, as the end of a sentence; empty for the other kinds.
    """

    row: int
    column: str
    cell: str
    kind: Fault
    reason: str = ""


def check_columns(names: list[str], name: str, model: BatchModel) -> Intake:
    """Return which of a table's columns a model takes.

    Raises
    ------
    InvalidData
        Columns are missing that were never null in training.
    """
    readers = model.build_readers(names)
    others = [(other, pa.string()) for other in names if other not in readers]
    table = pa.schema([*build_schema(readers), *others])
    if not readers and len(names) == 1:
        raise InvalidData(
            f"{name} has only one column, {names[0]!r:.60}.",
            "Check that its columns are separated by commas, semicolons or tabs, and that it has a header "
            "with the names of the columns.",
        )
    intake = Intake(model.signature.columns, model.columns.schema, table)
    intake.check()
    return intake


def filter_remedy(remedy: str) -> str:
    """Return a remedy for people who cannot change a model's problem."""
    return "" if _OF_PROBLEM in remedy else remedy


class TableCheck:
    """Checks a table batch by batch.

    Parameters
    ----------
    model : BatchModel
        The model that should predict it.
    rows : RowStream
        The table.
    name : str
        What to call it in an error.
    """

    def __init__(self, model: BatchModel, rows: RowStream, name: str) -> None:
        self._model = model
        self._rows = rows
        self._name = name
        self._n_rows = 0
        self._names: dict[str, None] = {}
        self._examples: dict[str, list[tuple[Any, Any]]] = {}
        self._counts: Counter[tuple[str, Fault]] = Counter()
        self._unreadable: list[CellProblem] = []
        self._unusual: list[CellProblem] = []

    def iterate_steps(self) -> Iterator[None]:
        """Check the rows, and pause after each batch."""
        readers: dict[str, CellReader] = {}
        for batch in self._rows.iterate_batches():
            new = [name for name in batch.schema.names if name not in self._names]
            self._names.update(dict.fromkeys(new))
            readers.update(self._model.build_readers(new))
            for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                if name in readers:
                    self._check_cells(name, cells, read_cells(cells, readers[name]))
            self._n_rows += batch.num_rows
            yield None

    def build_answer(self, path: Path) -> Json:
        """Return what was found, as JSON values.

        Raises
        ------
        InvalidSource
            The table has no rows.
        InvalidData
            Columns are missing.
        """
        if not self._n_rows:
            raise InvalidSource(f"{self._name} has no rows.", "Give a file with rows below its header.")
        intake = check_columns(list(self._names), self._name, self._model)
        first_line = self._find_first_line(path)
        shown = [*self._unreadable, *self._unusual][:MOST_SHOWN]
        missing = [name for name in self._model.columns.used if name not in self._names]
        return {
            "version": self._model.version,
            "format": self._rows.format,
            "facts": self._rows.facts,
            "n_rows": self._n_rows,
            "notices": [_describe_notice(notice) for notice in self._rows.notices],
            "columns": [self._describe_column(name) for name in intake.columns],
            "ignored": intake.ignored,
            "missing": missing,
            # Whether rows are counted as the file's lines or the sheet's rows, or below the header from 1.
            "are_rows_lines": first_line is not None,
            "problems": [
                {**problem._asdict(), "row": problem.row + (1 if first_line is None else first_line)}
                for problem in shown
            ],
            "counts": [
                {"column": column, "kind": kind, "n": n} for (column, kind), n in self._counts.items()
            ],
            "is_refused": any(
                kind == "unreadable" and self._is_refused(column) for column, kind in self._counts
            ),
        }

    def _is_refused(self, name: str) -> bool:
        return self._model.columns.schema[name].reader.reading.unreadable == "refuse"

    def _check_cells(self, name: str, cells: pa.Array, found: ReadCells) -> None:
        column = self._model.columns.schema[name]
        self._counts.update({(name, "unreadable"): len(found.unreadable)} if found.unreadable else {})
        self._unreadable += [
            CellProblem(self._n_rows + row, name, _format_cell(cell), "unreadable", reason)
            for row, cell, reason in found.unreadable[:MOST_SHOWN]
        ]
        masks: dict[Fault, pa.Array | None] = {
            "out_of_range": _find_out_of_range(found.values, column),
            "unknown_category": _find_unknown_categories(found.values, column),
            "null": found.values.is_null() if not column.n_null else None,
        }
        unreadable = {row for row, *_ in found.unreadable}
        for kind, mask in masks.items():
            positions = [] if mask is None else np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
            positions = [row for row in positions if row not in unreadable] if unreadable else positions
            if positions:
                self._counts[name, kind] += len(positions)
            self._unusual += [
                CellProblem(self._n_rows + row, name, _format_cell(get_cell(cells, row)), kind)
                for row in positions[:MOST_SHOWN]
            ]
        self._unreadable = sorted(self._unreadable)[:MOST_SHOWN]
        self._unusual = sorted(self._unusual)[:MOST_SHOWN]
        self._add_examples(name, cells, found.values)

    def _add_examples(self, name: str, cells: pa.Array, values: pa.Array) -> None:
        examples = self._examples.setdefault(name, [])
        first = values.slice(0, _ROWS_OF_EXAMPLES).is_valid()
        for row in np.flatnonzero(first.to_numpy(zero_copy_only=False)).tolist():
            if len(examples) == _MOST_EXAMPLES:
                return
            pair = _format_cell(get_cell(cells, row)), _to_json(values[row].as_py())
            if pair not in examples:
                examples.append(pair)

    def _describe_column(self, name: str) -> Json:
        column = self._model.columns.schema[name]
        reading = column.reader.reading
        return {
            "name": name,
            "kind": column.kind,
            "reading": reading.describe(),
            "examples": [list(pair) for pair in self._examples.get(name, [])],
        }

    def _find_first_line(self, path: Path) -> int | None:
        """Return the line of the first row, if each row is the next line; None otherwise."""
        first = self._rows.first_line
        if first is None or self._rows.format != "CSV":
            return first
        return first if _count_lines(path) == first - 1 + self._n_rows else None


def get_cell(cells: pa.Array, row: int) -> Any:
    """Return a cell of a batch of a row stream."""
    cell = cells[row].as_py()
    if cells.type != MIXED or cell is None:
        return cell
    return cell["number"] if cell["text"] is None else cell["text"]


def _describe_notice(notice: Notice) -> Json:
    return {"level": notice.level, "text": notice.text, "remedy": filter_remedy(notice.remedy)}


def _find_out_of_range(values: pa.Array, column: Column) -> pa.Array | None:
    if column.kind in ("boolean", "string") or column.minimum is None or column.maximum is None:
        return None
    low, high = (_convert_bound(bound, column, values.type) for bound in (column.minimum, column.maximum))
    return pc.fill_null(pc.or_(pc.less(values, low), pc.greater(values, high)), False)


def _convert_bound(bound: float | str, column: Column, type_: pa.DataType) -> pa.Scalar:
    if column.kind == "datetime":
        return pa.scalar(np.datetime64(str(bound), "us")).cast(type_)
    return pa.scalar(float(bound))


def _find_unknown_categories(values: pa.Array, column: Column) -> pa.Array | None:
    if column.kind != "string" or not column.categories:
        return None
    is_known = pc.is_in(values, pa.array(column.categories, pa.string()))
    return pc.and_(values.is_valid(), pc.invert(is_known))


def _count_lines(path: Path) -> int:
    """Return the number of lines up to the last one that is not empty."""
    n_lines, n_open, is_open = 0, 0, False
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            rest = block.rstrip(b"\r\n\0")
            if rest:
                n_lines += n_open + rest.count(b"\n")
                n_open, is_open = 0, True
            n_open += block[len(rest) :].count(b"\n")
    return n_lines + is_open


def _format_cell(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = "" if cell is None else str(_to_json(cell))
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, (str, int, float, bool)) else value.isoformat()
