"""The stage: read the table and the draft, check them, write the results."""

from pathlib import Path
from typing import Any

from components._problem.metrics import name_metric
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.notice import Level, Notice
from components._table.storage import open_table
from components._table.table_reading import TableReading
from components.validate.checks import run_checks
from components.validate.evidence import TableEvidence
from components.validate.own_test import check_own_test
from components.validate.report import build_validation_info, render_report
from components.validate.resolution import Resolution, resolve_problem
from components.validate.table_profile import TableProfile, profile_table
from components.validate.weights import check_weights


def run(
    *,
    dataset: str,
    reading: str,
    draft: str,
    problem: str,
    schema: str,
    verdict: str,
    report: str,
    own_test: str | None = None,
) -> None:
    """Check a table against a problem, and decide what the problem left open.

    This raises no error if no model can be trained on the table: the verdict says so, and validate-gate
    enforces it after the report is stored.

    Parameters
    ----------
    dataset, reading, draft : str
        The table's folder, how it was read, and the problem as the user wrote it.
    problem, schema, verdict, report : str
        Files to write. The problem is the unchanged draft if the data contradict it.
    own_test : str or None
        Folder of the user's test table, which may have no rows. Of these only target and weight are read.
    """
    stated = Problem.load(draft)
    cells = TableReading.load(reading)
    table = profile_table(open_table(dataset), stated.target, cells)
    resolution = Resolution(stated, ())
    if table.n_rows and table.target is not None:
        resolution = resolve_problem(stated, table.target)
    findings = cells.notices + resolution.findings + run_checks(TableEvidence(resolution.problem, table))
    findings += check_weights(open_table(dataset), stated)
    if own_test is not None and resolution.problem.is_resolved:
        findings += check_own_test(open_table(own_test), resolution.problem)
        findings += check_weights(open_table(own_test), stated, " of the test table")
    page = render_report(build_validation_info(resolution.problem, table, findings, cells))

    resolution.problem.save(problem)
    table.schema.save(schema)
    _build_verdict(resolution.problem, findings, table, cells).save(verdict)
    Path(report).write_text(page, encoding="utf-8")


def _build_verdict(
    problem: Problem, findings: tuple[Notice, ...], table: TableProfile, cells: TableReading
) -> Verdict:
    errors = [finding for finding in findings if finding.level == "error"]
    record = {
        "rows": table.n_rows,
        "columns": len(table.columns),
        "duplicate_rows": table.n_duplicates,
        "rows_without_target": table.target.column.n_null if table.target else 0,
        **_summarise_problem(problem),
        "errors": len(errors),
        "warnings": _select_notices(findings, "warning"),
        "notes": _select_notices(findings, "note"),
        "readings": [
            f"{name}: {column.reading.kind}, {description}"
            for name, column in cells.columns.items()
            if (description := column.reading.describe())
        ],
    }
    remedies = dict.fromkeys(error.remedy for error in errors)
    return Verdict(tuple(error.text for error in errors), "\n".join(remedies), record)


def _summarise_problem(problem: Problem) -> dict[str, Any]:
    """Return the decisions about the problem; none if the data contradict it."""
    if not problem.is_resolved:
        return {"task": None, "metric": None, "positive_class": None, "classes": 0}
    return {
        "task": problem.task,
        "metric": name_metric(problem.metric),
        "positive_class": problem.positive_label,
        "classes": len(problem.classes),
    }


def _select_notices(findings: tuple[Notice, ...], level: Level) -> list[dict[str, str]]:
    return [
        {"text": finding.text, "remedy": finding.remedy} for finding in findings if finding.level == level
    ]
