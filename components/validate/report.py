"""The page of the validation: the verdict, what was found, and every column."""

from typing import NamedTuple

from components._problem.metrics import name_metric
from components._problem.spec import Problem
from components._report.page import (
    Block,
    Cell,
    render_messages,
    render_page,
    render_section,
    render_table,
    render_tiles,
)
from components._report.page import format_value as number
from components._table.notice import LEVELS, Level, Notice
from components._table.table_reading import Example, TableReading
from components.validate.column_profile import ColumnProfile
from components.validate.table_profile import TableProfile

_READING_HEADERS = ("column", "kind", "reading", "cells and their values")
_TITLES: dict[Level, str] = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


class ColumnProfileInfo(NamedTuple):
    """A line of the table of columns; ``nulls`` is a share of the rows, from 0 to 1."""

    name: str
    role: str
    kind: str
    nulls: float
    n_distinct: int
    values: str


class ReadingInfo(NamedTuple):
    """A line of the table of readings: what was decided about a column, and a few cells before and after."""

    name: str
    kind: str
    reading: str
    examples: tuple[Example, ...]


class ValidationInfo(NamedTuple):
    """Everything the page says."""

    verdict: tuple[Level | None, str]
    facts: tuple[tuple[str, Cell], ...]
    findings: dict[Level, list[str]]
    columns: list[ColumnProfileInfo]
    readings: list[ReadingInfo]


def build_validation_info(
    problem: Problem, profile: TableProfile, findings: tuple[Notice, ...], cells: TableReading
) -> ValidationInfo:
    """Gather what the page says.

    Parameters
    ----------
    problem : Problem
        The problem, resolved unless a finding is an error.
    profile : Profile
        What the table holds.
    findings : tuple of Notice
        All findings.
    cells : TableReading
        How the table was read.
    """
    by_level: dict[Level, list[str]] = {level: [] for level in LEVELS}
    for finding in findings:
        by_level[finding.level].append(str(finding))
    facts: list[tuple[str, Cell]] = [
        ("rows", profile.n_rows),
        ("columns", len(profile.columns)),
        ("target", problem.target),
        ("task", problem.task),
        ("metric", name_metric(problem.metric)),
    ]
    if problem.positive_label is not None:
        facts.append(("positive class", str(problem.positive_label)))
    roles = problem.named_columns
    columns = [
        _build_column_info(each, roles.get(each.column.name, ""), profile.n_rows) for each in profile.columns
    ]
    readings = [
        ReadingInfo(name, column.reading.kind, column.reading.describe(), column.examples)
        for name, column in cells.columns.items()
    ]
    return ValidationInfo(_describe_verdict(by_level), tuple(facts), by_level, columns, readings)


def render_report(info: ValidationInfo) -> str:
    """Return the page."""
    level, verdict = info.verdict
    found: list[Block] = [
        render_section(_TITLES[level], render_messages(*((level, text) for text in texts)))
        for level, texts in info.findings.items()
        if texts
    ]
    headers = ("column", "role", "kind", "nulls", "distinct", "values")
    rows = [(c.name, c.role, c.kind, f"{c.nulls:.1%}", c.n_distinct, c.values) for c in info.columns]
    return render_page(
        "Validation",
        "Can a model be made of this table?",
        render_messages((level or "good", verdict)),
        render_tiles(*info.facts),
        *found,
        render_section("Columns", render_table(headers, rows)),
        render_section(
            "How the cells were read",
            render_messages(("note", "Change any of it in problem.yaml, under columns.")),
            render_table(_READING_HEADERS, list(map(_build_reading_row, info.readings))),
        ),
    )


def _describe_verdict(findings: dict[Level, list[str]]) -> tuple[Level | None, str]:
    counts = {level: len(texts) for level, texts in findings.items()}
    n_errors, n_warnings = counts["error"], counts["warning"]
    if n_errors:
        reasons = "an error" if n_errors == 1 else f"{n_errors} errors"
        return "error", f"No model can be made of this table: {reasons} must be corrected first."
    if n_warnings:
        points = "one point deserves" if n_warnings == 1 else f"{n_warnings} points deserve"
        return "warning", f"A model can be made of this table; {points} a look."
    return None, "A model can be made of this table."


def _build_reading_row(info: ReadingInfo) -> tuple[Cell, ...]:
    examples = ", ".join(f"{example.cell!r} → {example.value}" for example in info.examples)
    return info.name, info.kind, info.reading or "plain", examples


def _build_column_info(profile: ColumnProfile, role: str, n_rows: int) -> ColumnProfileInfo:
    column = profile.column
    if column.minimum is not None and column.maximum is not None:
        values = f"{_format_end(column.minimum)} to {_format_end(column.maximum)}"
    else:
        values = ", ".join(profile.examples)
        values += ", …" if column.n_distinct > len(profile.examples) else ""
    nulls = column.n_null / n_rows if n_rows else 0.0
    return ColumnProfileInfo(column.name, role, column.kind, nulls, column.n_distinct, values)


def _format_end(value: float | str) -> str:
    return value.replace("T00:00:00", "").replace("T", " ") if isinstance(value, str) else number(value)
