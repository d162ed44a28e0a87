"""The difference between two tables as text for a console, and as a page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from components._report.page import Cell, Level, format_share, render_page
from components.errors import format_count, shorten_text
from pipelines.data.table_diff import ColumnDiff, TableDiff
from pipelines.data.training_validity import TrainingValidity

# What the console names; the page names all that were collected. A row may be long.
_SHOWN_LINES = 20
_SHOWN_ROWS = 5
_LONGEST_CELL = 200


def render_text(diff: TableDiff, validity: TrainingValidity | None = None) -> str:
    """Return the difference as lines of text."""
    lines = [f"old: {_describe_side(diff, 0)}", f"new: {_describe_side(diff, 1)}", diff.verdict, ""]
    lines += [f"note: {note}" for note in diff.notes]
    changed = [f"{name}: {n:,}" for name, n in diff.rows.changed.items()]
    columns = [line for column in diff.columns for line in _describe_column(diff, column)]
    for title, rows, n_shown in (
        ("rewritten cells", _list_cells(diff), _SHOWN_LINES),
        ("rewritten cells by column", changed, _SHOWN_LINES),
        ("removed rows", _list_rows(diff.rows.removed), _SHOWN_ROWS),
        ("added rows", _list_rows(diff.rows.added), _SHOWN_ROWS),
        ("columns", columns, _SHOWN_LINES),
    ):
        if rows:
            lines += ["", f"{title}:", *(f"  {row}" for row in rows[:n_shown])]
            if len(rows) > n_shown:
                lines.append("  … and more: --output page.html writes a page.")
    if validity is not None:
        lines += ["", f"{validity.title}:", *(f"  {text}" for _, text in validity.messages)]
    return "\n".join([*lines, ""])


def render_diff_page(diff: TableDiff, validity: TrainingValidity | None = None) -> str:
    """Return the page."""
    match = diff.rows.match
    return render_page(
        "pipelines/data/diff.html",
        title="Difference of two tables",
        subtitle=f"{diff.old.title} → {diff.new.title}",
        verdict=_get_verdict(diff),
        facts=[
            ("rows of the old table", diff.old.n_rows),
            ("rows of the new table", diff.new.n_rows),
            ("the same", match.n_same),
            ("removed", len(match.removed)),
            ("added", len(match.added)),
            ("rewritten", len(match.rewritten)),
        ],
        validity=validity,
        notes=diff.notes,
        cell_headers=[*diff.key.columns, "column", "old", "new"],
        n_rewritten=len(match.rewritten),
        n_cells=sum(diff.rows.changed.values()),
        cells=[
            tuple(map(format_cell, (*cell.key, cell.column, cell.old, cell.new)))
            for cell in sorted(diff.rows.cells, key=lambda cell: diff.rows.changed[cell.column])
        ],
        changed=list(diff.rows.changed.items()),
        rows=[
            (title, len(numbers), _build_row_table(named))
            for title, numbers, named in (
                ("Removed rows", match.removed, diff.rows.removed),
                ("Added rows", match.added, diff.rows.added),
            )
            if len(numbers)
        ],
        schema=[*_build_schema_rows(diff)],
        columns=[_build_column_row(diff, column) for column in diff.columns],
    )


def format_cell(value: object) -> str:
    """Return a value as text, in full precision, so that two values that differ look different."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return str(value)
    text = repr(value) if isinstance(value, float) else str(value)
    # A terminal would carry out what a control character says.
    return shorten_text(text if text.isprintable() else repr(text), _LONGEST_CELL)


def _get_verdict(diff: TableDiff) -> tuple[Level, str]:
    return ("good" if diff.is_same else "warning"), diff.verdict


def _describe_side(diff: TableDiff, number: int) -> str:
    side = (diff.old, diff.new)[number]
    columns = format_count(len(side.kinds), "column")
    title = side.title if side.given in side.title else f"{side.given} is {side.title}"
    origin = f", {side.origin}" if side.origin else ""
    return f"{title}{origin}: {format_count(side.n_rows, 'row')}, {columns}"


def _list_cells(diff: TableDiff) -> list[str]:
    return [
        f"{_format_key(zip(diff.key.columns, cell.key, strict=True))}, {cell.column}: "
        f"{format_cell(cell.old)} → {format_cell(cell.new)}"
        for cell in diff.rows.cells
    ]


def _list_rows(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return [_format_key(row.items()) for row in rows]


def _format_key(pairs: object) -> str:
    return ", ".join(f"{name} {format_cell(value)}" for name, value in pairs)  # type: ignore[attr-defined]


def _describe_column(diff: TableDiff, column: ColumnDiff) -> Iterator[str]:
    facts = []
    old, new = column.values
    nulls = [_format_nulls(*pair) for pair in ((old.n_null, diff.old.n_rows), (new.n_null, diff.new.n_rows))]
    if nulls[0] != nulls[1]:
        facts.append(f"nulls {' → '.join(nulls)}")
    if old.describe(column.name) != new.describe(column.name):
        facts.append(f"{old.describe(column.name)} → {new.describe(column.name)}")
    if column.shift is not None and str(column.shift) != "none":
        facts.append(f"distribution moved by {column.shift}")
    if column.reading:
        facts.append(f"read otherwise: {column.reading}")
    if facts:
        yield f"{column.name}: {'; '.join(facts)}"


def _format_nulls(n: int, rows: int) -> str:
    return f"{n:,} ({format_share(n / rows if rows else 0.0)})"


def _build_schema_rows(diff: TableDiff) -> Iterator[tuple[str, str, str, str]]:
    for name in diff.removed_columns:
        yield name, "removed", diff.old.kinds[name], ""
    for name in diff.added_columns:
        yield name, "added", "", diff.new.kinds[name]
    for column in diff.columns:
        if column.kinds[0] != column.kinds[1]:
            yield column.name, "another type", *column.kinds
        if column.reading:
            before, _, after = column.reading.partition(" → ")
            yield column.name, "read otherwise", before, after


def _build_column_row(diff: TableDiff, column: ColumnDiff) -> tuple[Cell, ...]:
    old, new = column.values
    return (
        column.name,
        column.n_changed,
        _format_nulls(old.n_null, diff.old.n_rows),
        _format_nulls(new.n_null, diff.new.n_rows),
        old.describe(column.name),
        new.describe(column.name),
        "" if column.shift is None else str(column.shift),
    )


def _build_row_table(rows: Sequence[Mapping[str, object]]) -> tuple[list[str], list[list[str]]]:
    headers = list(rows[0]) if rows else []
    return headers, [[format_cell(row[name]) for name in headers] for row in rows]
