"""The check of a table against expectations, in batches of rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._expectations.cell_checks import CellCheck, build_column_checks, build_rule_check
from components._expectations.rule_parser import RuleError
from components._expectations.spec import ColumnExpectation, Expectations
from components._table.arrow import get_kind
from components._table.engine import TableEngine
from components._table.kinds import Kind
from components._table.repeated_values import find_repeated
from components._table.row_mask import RowMask
from components._table.storage import count_rows, iterate_batches, read_arrow_schema
from components._table.table_reading import format_cell_value
from components.errors import SHOWN, format_count, format_list, shorten_text, suggest_name

_LONGEST_VALUE = 40
_SMALLEST_SHARE = 0.001
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
CORRECT = (
    "Correct these rows in the source, or the expectation in the file of the expectations. Rows are counted "
    "from 1, without the header."
)


class BrokenExpectation(NamedTuple):
    """An expectation that a table breaks.

    Attributes
    ----------
    text : str
        What is wrong and where, as a sentence.
    remedy : str
        What to do about it.
    is_about_rows : bool
        Whether rows that break it can be set aside; else it is about the whole table.
    """

    text: str
    remedy: str
    is_about_rows: bool = False


class TableResult(NamedTuple):
    """What a table breaks.

    Attributes
    ----------
    broken : tuple of BrokenExpectation
        Every broken expectation.
    checks : tuple of CellCheck
        The checks of its rows.
    is_broken_row : RowMask
        Which rows break one of them.
    """

    broken: tuple[BrokenExpectation, ...]
    checks: tuple[CellCheck, ...]
    is_broken_row: RowMask


class _CheckedTable(NamedTuple):
    """A table, and what messages say of it behind the names of its columns."""

    path: str
    schema: pa.Schema
    n_rows: int
    where: str


@dataclass
class _Tally:
    """The rows that break a check: how many, and the first few with their values."""

    n: int = 0
    examples: list[str] = field(default_factory=list)


def check_table(
    path: str,
    expectations: Expectations,
    engine: TableEngine,
    where: str = "",
    absent: Iterable[str] = (),
    *,
    counts_rows: bool = True,
) -> TableResult:
    """Check a table against expectations.

    Parameters
    ----------
    path : str
        The table's folder; its types are those of ``ARROW_TYPES``.
    expectations : Expectations
        What is expected.
    engine : TableEngine
        The engine that finds values that repeat.
    where : str
        What messages say of the table, such as ``" of the test table"``; empty for the table itself.
    absent : iterable of str
        Columns that the table need not have, about which nothing is expected.
    counts_rows : bool
        Whether the least number of rows is checked.
    """
    table = _CheckedTable(path, read_arrow_schema(path), count_rows(path), where)
    n_rows = table.n_rows
    without = set(absent)
    places = {name: place for place, name in enumerate(table.schema.names)}
    names = sorted(expectations.columns, key=lambda name: places.get(name, len(places)))
    columns = {name: expectations.columns[name] for name in names if name not in without}
    broken = list(_check_columns(table, columns, engine))
    checks = [
        check
        for name, expected in columns.items()
        if name in table.schema.names
        for check in _build_checks(name, expected, _get_kind(table.schema, name), where)
    ]
    for rule in expectations.rules:
        if without.isdisjoint(rule.columns):
            check = build_rule_check(rule, where)
            faults = _find_rule_faults(table, check)
            broken += faults or []
            checks += [check] if faults == [] else []
    tallies, is_broken_row = _count_broken_rows(table, checks)
    broken += [
        BrokenExpectation(_describe(check, tally, n_rows), CORRECT, is_about_rows=True)
        for check, tally in zip(checks, tallies, strict=True)
        if tally.n
    ]
    if counts_rows and n_rows < expectations.rows.min:
        text = (
            f"The table has {format_count(n_rows, 'row')}; at least {expectations.rows.min:,} are expected."
        )
        broken.append(BrokenExpectation(text, "Add rows, or lower rows.min in the file of the expectations."))
    return TableResult(tuple(broken), tuple(checks), is_broken_row)


def iterate_rows(path: str, names: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield a table's rows in their order; a float is null where it is NaN, as in every later stage."""
    return map(clear_nan, iterate_batches(path, names))


def clear_nan(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows in which floats are null where they are NaN."""
    columns = [
        pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values
        for values in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def has_values(path: str, name: str) -> bool:
    """Return whether a column has a value in any row."""
    return any(batch.column(0).null_count < batch.num_rows for batch in iterate_rows(path, [name]))


def list_reasons(checks: Iterable[CellCheck], rows: pa.RecordBatch) -> list[str]:
    """Return what each row breaks, in a few words; empty for a row that breaks nothing."""
    reasons: list[list[str]] = [[] for _ in range(rows.num_rows)]
    for check in checks:
        for row in np.flatnonzero(check.find(rows)):
            reasons[row].append(check.reason)
    return ["; ".join(found) for found in reasons]


def _build_checks(name: str, expected: ColumnExpectation, kind: Kind, where: str) -> Iterator[CellCheck]:
    if not _is_expected_kind(kind, expected.type):
        # Bounds and texts cannot be compared with values of another type, but a cell can be empty.
        expected = ColumnExpectation(nullable=expected.nullable)
    return build_column_checks(name, expected, kind, where)


def _check_columns(
    table: _CheckedTable, columns: dict[str, ColumnExpectation], engine: TableEngine
) -> Iterator[BrokenExpectation]:
    """Yield what is wrong with whole columns."""
    for name, expected in columns.items():
        if name not in table.schema.names:
            if expected.required:
                near = suggest_name(name, table.schema.names, "column")
                yield BrokenExpectation(
                    f"Column {name!r} is expected, but is not in the table.",
                    f"{near} Or write required: false for {name!r} in the file of the expectations.",
                )
            continue
        kind = _get_kind(table.schema, name)
        if not _is_expected_kind(kind, expected.type):
            fault = _check_type(table, name, kind, expected)
            if fault is not None:
                yield fault
        if expected.max_null_share is not None and table.n_rows:
            yield from _check_nulls(table, name, expected.max_null_share)
        if expected.unique and table.n_rows:
            yield from _check_unique(table, name, engine)


def _check_type(
    table: _CheckedTable, name: str, kind: Kind, expected: ColumnExpectation
) -> BrokenExpectation | None:
    tally = _Tally()
    if not has_values(table.path, name):
        # Without a value it has every type.
        return None
    if kind == "string" and expected.type in ("integer", "float"):
        start = 0
        for batch in iterate_rows(table.path, [name]):
            wrong = pc.invert(pc.match_substring_regex(batch.column(0), _NUMBER))
            _add(tally, np.asarray(pc.fill_null(wrong, False).to_numpy(zero_copy_only=False)), batch, start)
            start += batch.num_rows
    text = (
        f"Column {name!r}{table.where} is expected to have the type {expected.type}, but has the type {kind}"
    )
    if tally.n:
        text += f", because of {_count_rows(tally.n, table.n_rows)}: {_list_examples(tally)}"
    return BrokenExpectation(
        f"{text}.",
        f"Correct the cells in the source, or write type: {kind} for {name!r} in the file of the "
        "expectations.",
    )


def _check_nulls(table: _CheckedTable, name: str, most: float) -> Iterator[BrokenExpectation]:
    n_null = sum(batch.column(0).null_count for batch in iterate_rows(table.path, [name]))
    if n_null / table.n_rows > most:
        yield BrokenExpectation(
            f"Column {name!r}{table.where} has no value in {_count_rows(n_null, table.n_rows)}; "
            f"at most {100 * most:g}% are expected.",
            "Fill the cells in the source, or raise max_null_share in the file of the expectations.",
        )


def _check_unique(table: _CheckedTable, name: str, engine: TableEngine) -> Iterator[BrokenExpectation]:
    n_repeated, first = find_repeated(table.path, name, SHOWN, engine)
    if n_repeated:
        examples = [f"row {row + 1:,} {_format_value(value)}" for row, value in first]
        more = f" and {n_repeated - SHOWN:,} more" if n_repeated > SHOWN else ""
        yield BrokenExpectation(
            f"Column {name!r}{table.where} is expected to be unique, but "
            f"{_count_rows(n_repeated, table.n_rows)} {'repeats' if n_repeated == 1 else 'repeat'} a value "
            f"of an earlier row: {', '.join(examples)}{more}.",
            "Drop the repeated rows in the source, or remove unique in the file of the expectations.",
        )


def _find_rule_faults(table: _CheckedTable, check: CellCheck) -> list[BrokenExpectation] | None:
    """Return why a rule cannot be checked on a table; None if it need not be, for lack of values."""
    rule = check.text.removesuffix(" is broken")
    missing = [name for name in check.columns if name not in table.schema.names]
    if missing:
        text = f"{rule} reads columns that are not in the table: {format_list(map(repr, missing))}."
        near = suggest_name(missing[0], table.schema.names, "column")
        return [BrokenExpectation(text, f"{near} Or correct the rule in the file of the expectations.")]
    fields = pa.schema([table.schema.field(name) for name in check.columns])
    try:
        check.find(pa.RecordBatch.from_pylist([], schema=fields))
    except RuleError as error:
        if any(not has_values(table.path, name) for name in check.columns):
            # A column without a value has no type of its own, and no row can break the rule.
            return None
        return [
            BrokenExpectation(
                f"{rule} does not fit the table: {error}.",
                "Correct the rule in the file of the expectations.",
            )
        ]
    return []


def _count_broken_rows(table: _CheckedTable, checks: list[CellCheck]) -> tuple[list[_Tally], RowMask]:
    tallies = [_Tally() for _ in checks]
    is_broken_row = RowMask(table.n_rows)
    names = list(dict.fromkeys(name for check in checks for name in check.columns))
    if not names:
        return tallies, is_broken_row
    start = 0
    for batch in iterate_rows(table.path, names):
        for check, tally in zip(checks, tallies, strict=True):
            is_broken = check.find(batch)
            _add(tally, is_broken, batch.select(list(check.columns)), start)
            is_broken_row.choose(start, is_broken)
        start += batch.num_rows
    return tallies, is_broken_row


def _add(tally: _Tally, is_broken: np.ndarray, rows: pa.RecordBatch, start: int) -> None:
    broken = np.flatnonzero(is_broken)
    tally.n += len(broken)
    for row in broken[: SHOWN - len(tally.examples)]:
        values = {name: rows.column(name)[int(row)].as_py() for name in rows.schema.names}
        place = f"row {start + int(row) + 1:,}"
        if len(values) == 1:
            (value,) = values.values()
            tally.examples.append(place if value is None else f"{place}: {_format_value(value)}")
        else:
            listing = ", ".join(f"{name} = {_format_value(value)}" for name, value in values.items())
            tally.examples.append(f"{place}: {listing}")


def _describe(check: CellCheck, tally: _Tally, n_rows: int) -> str:
    return f"{check.text} in {_count_rows(tally.n, n_rows)}: {_list_examples(tally)}."


def _count_rows(n: int, n_rows: int) -> str:
    share = n / n_rows
    return f"{format_count(n, 'row')} ({f'{share:.1%}' if share >= _SMALLEST_SHARE else 'less than 0.1%'})"


def _list_examples(tally: _Tally) -> str:
    more = f" and {tally.n - SHOWN:,} more" if tally.n > SHOWN else ""
    return "; ".join(tally.examples) + more


def _format_value(value: Any) -> str:
    if value is None:
        return "no value"
    if isinstance(value, str):
        return repr(shorten_text(value, _LONGEST_VALUE))
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    return format_cell_value(value)


def _get_kind(schema: pa.Schema, name: str) -> Kind:
    kind = get_kind(schema.field(name).type)
    if kind is None:
        raise ValueError(f"column {name!r} has a type that no kind has: {schema.field(name).type}")
    return kind


def _is_expected_kind(kind: Kind | None, expected: Kind | None) -> bool:
    return expected in (None, kind) or (expected == "float" and kind == "integer")
