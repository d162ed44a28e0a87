"""What the columns of a table hold, learnt from all rows and one column at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from components._problem.task import Label
from components._table.arrow import kind_of
from components._table.schema import Column, Kind, Schema
from components._table.storage import row_hashes
from components._table.table_reading import TableReading
from components.errors import SHOWN

MAX_CLASSES = 1000
_EXAMPLES = 3
_LONGEST = 40
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_DATE = r"^\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T].*)?$"


@dataclass(frozen=True)
class Lookalike:
    """How many values of a text column read as something else.

    Attributes
    ----------
    n_numbers, n_dates : int
        Rows whose text reads as a number, or begins like a date.
    neither : tuple of str
        The most frequent other values, at most five.
    """

    n_numbers: int = 0
    n_dates: int = 0
    neither: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes
    ----------
    column : Column
        What the schema says of it.
    examples : tuple of str
        The most frequent values of a string or boolean column, at most three, cut to 40 characters.
    n_infinite : int
        Rows with an infinite number.
    infinite_rows : tuple of int
        The first five of them, counted from 1.
    lookalike : Lookalike
        What the values of a string column look like.
    """

    column: Column
    examples: tuple[str, ...] = ()
    n_infinite: int = 0
    infinite_rows: tuple[int, ...] = ()
    lookalike: Lookalike = Lookalike()


@dataclass(frozen=True)
class Target:
    """The column to predict.

    Attributes
    ----------
    column : Column
        What the schema says of it.
    counts : dict
        Rows by class, classes sorted; empty where the values cannot be classes: fractions, dates, more
        than ``MAX_CLASSES`` of them.
    n_known : int
        Rows whose target is known.
    """

    column: Column
    counts: dict[Label, int]
    n_known: int


@dataclass(frozen=True)
class Profile:
    """A table.

    Attributes
    ----------
    columns : tuple of ColumnProfile
        Its columns, in order.
    n_rows : int
        Number of rows.
    n_duplicates : int
        Rows that repeat an earlier row in every column.
    target : Target or None
        The column to predict; None where the table has no such column.
    file : dict
        Options that a person gave for reading the file.
    """

    columns: tuple[ColumnProfile, ...]
    n_rows: int
    n_duplicates: int
    target: Target | None
    file: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """The table's schema."""
        return Schema(tuple(profile.column for profile in self.columns), self.n_rows, self.file)


def profile(table: ds.Dataset, target: str, cells: TableReading) -> Profile:
    """Learn what the columns of a table hold.

    Reads one column at a time, so that memory grows with the longest column rather than with the table.

    Parameters
    ----------
    table : Dataset
        The table, whose types are those of ``ARROW_TYPES``.
    target : str
        Name of the column to predict, which the table may lack.
    cells : TableReading
        How the table was read.
    """
    n_rows = table.count_rows()
    hashes = np.zeros(n_rows, dtype=np.uint64)
    columns = []
    found = None
    for each in table.schema:
        values = _read(table, each.name)
        profiled = _profile_column(each.name, values)
        reading = cells.columns[each.name].reading
        columns.append(replace(profiled, column=replace(profiled.column, reading=reading)))
        # Each column's hash is well mixed, so any odd factor keeps the order of the columns in the sum.
        hashes = hashes * np.uint64(1_000_003) + row_hashes(values.to_pandas().to_frame())
        if each.name == target:
            column = columns[-1].column
            found = Target(column, class_counts(values, column), n_rows - column.n_null)
    n_duplicates = n_rows - len(np.unique(hashes)) if columns else 0
    return Profile(tuple(columns), n_rows, n_duplicates, found, cells.file or {})


def class_counts(values: pa.ChunkedArray, column: Column) -> dict[Label, int]:
    """Return the rows of each class, classes sorted; empty where the values cannot be classes.

    Whole numbers that are stored as floats, as numbers beside nulls often are, are classes too.
    """
    if column.kind == "datetime" or column.n_distinct > MAX_CLASSES:
        return {}
    counts = pc.value_counts(values.drop_null())
    labels = counts.field("values")
    if column.kind == "float":
        if not all(label.is_integer() for label in labels.to_pylist()):
            return {}
        labels = labels.cast(pa.int64())
    return dict(sorted(zip(labels.to_pylist(), counts.field("counts").to_pylist(), strict=True)))


def _read(table: ds.Dataset, name: str) -> pa.ChunkedArray:
    values = table.to_table(columns=[name]).column(0)
    # Parquet from elsewhere may hold NaN beside null; pandas, and so every later stage, reads both alike.
    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


def _profile_column(name: str, values: pa.ChunkedArray) -> ColumnProfile:
    kind = kind_of(values.type)
    if kind is None:
        raise ValueError(f"column {name!r} is of no kind that a table has: {values.type}")
    return _PROFILERS[kind](name, kind, values)


def _profile_number(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    if kind != "float":
        return ColumnProfile(_column(name, kind, values, *_range(values)))
    infinite = pc.fill_null(pc.is_inf(values), False)
    rows = np.flatnonzero(infinite.to_numpy())
    low, high = _range(values.filter(pc.invert(infinite)))
    first = tuple(int(row) + 1 for row in rows[:SHOWN])
    return ColumnProfile(_column(name, kind, values, low, high), n_infinite=len(rows), infinite_rows=first)


def _profile_datetime(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    ends = pc.min_max(values).as_py()
    low, high = (end and end.isoformat() for end in (ends["min"], ends["max"]))
    return ColumnProfile(_column(name, kind, values, low, high))


def _profile_boolean(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    distinct = sorted(values.unique().drop_null().to_pylist())
    return ColumnProfile(_column(name, kind, values), tuple(str(value).lower() for value in distinct))


def _profile_string(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    counts = pc.value_counts(values.drop_null())
    texts, numbers = counts.field("values"), counts.field("counts").to_numpy()
    # By frequency and then by name, so that the order of the rows does not matter.
    order = pc.sort_indices(
        pa.table({"text": texts, "n": numbers}), [("n", "descending"), ("text", "ascending")]
    )
    texts, numbers = texts.take(order), numbers[order.to_numpy()]
    categories = sorted(texts.to_pylist()) if len(texts) <= Column.MAX_CATEGORIES else []
    return ColumnProfile(
        _column(name, kind, values, categories=tuple(categories)),
        examples=_cut(texts.slice(0, _EXAMPLES)),
        lookalike=_lookalike(texts, numbers),
    )


def _lookalike(texts: pa.Array, counts: np.ndarray) -> Lookalike:
    is_number = pc.match_substring_regex(texts, _NUMBER).to_numpy(zero_copy_only=False).astype(bool)
    is_date = pc.match_substring_regex(texts, _DATE).to_numpy(zero_copy_only=False).astype(bool)
    neither = texts.filter(pa.array(~is_number & ~is_date))
    n_numbers, n_dates = int(counts[is_number].sum()), int(counts[is_date].sum())
    return Lookalike(n_numbers, n_dates, _cut(neither.slice(0, SHOWN)))


def _column(
    name: str,
    kind: Kind,
    values: pa.ChunkedArray,
    minimum: float | str | None = None,
    maximum: float | str | None = None,
    categories: tuple[str, ...] = (),
) -> Column:
    n_distinct = pc.count_distinct(values, mode="only_valid").as_py()
    return Column(name, kind, values.null_count, n_distinct, minimum, maximum, categories)


def _range(values: pa.ChunkedArray) -> tuple[float | None, float | None]:
    ends = pc.min_max(values).as_py()
    return ends["min"], ends["max"]


def _cut(texts: pa.Array) -> tuple[str, ...]:
    return tuple(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…" for text in texts.to_pylist())


_PROFILERS: dict[Kind, Callable[[str, Kind, pa.ChunkedArray], ColumnProfile]] = {
    "integer": _profile_number,
    "float": _profile_number,
    "boolean": _profile_boolean,
    "string": _profile_string,
    "datetime": _profile_datetime,
}
