"""The validation page: the verdict, the findings, and every column."""

from typing import NamedTuple

from components._problem.metrics import describe_metric
from components._problem.spec import Problem
from components._report.formats import Cell, format_share, format_value, mark_year
from components._report.page import render_page
from components._table.notice import LEVELS, Level, Notice
from components._table.table_reading import Example, TableReading
from components.errors import format_count
from components.validate.column_profile import ColumnProfile
from components.validate.table_profile import TableProfile


class ColumnProfileInfo(NamedTuple):
    """A row of the table of columns; ``nulls`` is a share of the rows, from 0 to 1."""

    name: str
    role: str
    kind: str
    nulls: float
    n_distinct: int
    values: str


class ReadingInfo(NamedTuple):
    """A row of the table of readings: how a column was read, and a few of its cells with their values."""

    name: str
    kind: str
    reading: str
    examples: tuple[Example, ...]


class ValidationInfo(NamedTuple):
    """The content of the page."""

    verdict: tuple[Level | None, str]
    facts: tuple[tuple[str, Cell], ...]
    findings: dict[Level, list[str]]
    columns: list[ColumnProfileInfo]
    readings: list[ReadingInfo]


def build_validation_info(
    problem: Problem,
    profile: TableProfile,
    findings: tuple[Notice, ...],
    cells: TableReading,
    n_set_aside: int = 0,
) -> ValidationInfo:
    """Collect the content of the page; the problem is resolved unless a finding is an error.

    ``n_set_aside`` is the number of rows that broke an expectation, and are not in the profile.
    """
    by_level: dict[Level, list[str]] = {level: [] for level in LEVELS}
    for finding in findings:
        by_level[finding.level].append(str(finding))
    facts: list[tuple[str, Cell]] = [
        ("rows", profile.n_rows),
        *([("rows set aside", n_set_aside)] if n_set_aside else []),
        ("columns", len(profile.columns)),
        ("target", problem.target),
        ("task", problem.task),
        ("metric", describe_metric(problem.metric)),
    ]
    if problem.positive_label is not None:
        facts.append(("positive class", str(problem.positive_label)))
    roles = problem.named_columns
    columns = [
        _build_column_info(column, roles.get(column.column.name, ""), profile.n_rows)
        for column in profile.columns
    ]
    readings = [
        ReadingInfo(name, column.reading.kind, column.reading.describe(), column.examples)
        for name, column in cells.columns.items()
    ]
    return ValidationInfo(_describe_verdict(by_level), tuple(facts), by_level, columns, readings)


def render_report(info: ValidationInfo) -> str:
    """Return the page."""
    columns = [(c.name, c.role, c.kind, format_share(c.nulls), c.n_distinct, c.values) for c in info.columns]
    return render_page(
        "components/validate/report.html",
        info=info,
        columns=columns,
        readings=[_build_reading_row(reading) for reading in info.readings],
    )


def _describe_verdict(findings: dict[Level, list[str]]) -> tuple[Level | None, str]:
    n_errors, n_warnings = len(findings["error"]), len(findings["warning"])
    if n_errors:
        errors = format_count(n_errors, "error")
        return "error", f"A model cannot be trained on this table: correct {errors} first."
    if n_warnings:
        return "warning", f"A model can be trained on this table; see {format_count(n_warnings, 'warning')}."
    return None, "A model can be trained on this table."


def _build_reading_row(info: ReadingInfo) -> tuple[Cell, ...]:
    examples = ", ".join(f"{example.cell!r} → {example.value}" for example in info.examples)
    return info.name, info.kind, info.reading or "plain", examples


def _build_column_info(profile: ColumnProfile, role: str, n_rows: int) -> ColumnProfileInfo:
    column = profile.column
    if column.minimum is not None and column.maximum is not None:
        values = " to ".join(_format_end(end, column.name) for end in (column.minimum, column.maximum))
    else:
        values = ", ".join(profile.examples)
        values += ", …" if column.n_distinct > len(profile.examples) else ""
    nulls = column.n_null / n_rows if n_rows else 0.0
    return ColumnProfileInfo(column.name, role, column.kind, nulls, column.n_distinct, values)


def _format_end(value: float | str, column: str) -> str:
    if isinstance(value, str):
        return value.replace("T00:00:00", "").replace("T", " ")
    return format_value(mark_year(value, column))
