"""The stage: read the table and the draft, check them, write the results."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from components._expectations.spec import Expectations
from components._problem.metrics import name_metric
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.engine import TableEngine
from components._table.notice import Level, Notice
from components._table.table_reading import TableReading
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.validate.checks import run_checks
from components.validate.evidence import TableEvidence
from components.validate.expectations import ExpectationCheck, ExpectedTable
from components.validate.own_test import check_own_test
from components.validate.report import build_validation_info, render_report
from components.validate.resolution import Resolution, resolve_problem
from components.validate.table_profile import TableProfile, profile_table
from components.validate.weights import check_weights

__all__ = ["resolve_memory", "run"]

_NOTHING_EXPECTED: Mapping[str, Any] = MappingProxyType({})


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
    quarantine: str | None = None,
    expectations: Mapping[str, Any] = _NOTHING_EXPECTED,
    memory: int = DEFAULT_MEMORY,
) -> dict[str, Any]:
    """Check a table against a problem and against expectations, and decide what the problem left open.

    This raises no error if no model can be trained on the table: the verdict says so, and validate-gate
    enforces it after the report is stored.

    Parameters
    ----------
    dataset, reading, draft : str
        The table's folder, how it was read, and the problem as the user wrote it.
    problem, schema, verdict, report : str
        Files to write. The problem is the unchanged draft if the data contradict it.
    own_test : str or None
        Folder of the user's test table, which may have no rows. Of these only target and weight are read,
        and what is expected.
    quarantine : str or None
        Folder to write: the rows that are set aside, because they break an expectation.
    expectations : mapping
        What is expected of the table, as in the file of a team; empty for nothing.
    memory : int
        Bytes that the stage may use.

    Returns
    -------
    dict
        Metadata of the quarantine: ``rows``, ``columns``, ``bytes``, ``sha256``, and
        ``expectations_sha256`` if something is expected.

    Raises
    ------
    InvalidSetting
        The expectations have an unknown key, or a value that does not fit.
    EngineFailed
        The memory, or the disk for what does not fit, is not enough.
    """
    stated = Problem.load(draft)
    cells = TableReading.load(reading)
    expected = Expectations.from_settings(expectations)
    with (
        TemporaryDirectory(prefix="validate-") as scratch,
        TableEngine(memory // 2, scratch) as engine,
        ExpectationCheck(expected, stated, dataset, own_test, engine) as checked,
    ):
        table = _profile(checked.source, stated.target, cells, expected, engine)
        resolution = Resolution(stated, ())
        if table.n_rows and table.target is not None:
            resolution = resolve_problem(stated, table.target)
        findings = cells.notices + checked.notices + resolution.findings
        findings += run_checks(TableEvidence(resolution.problem, table))
        findings += check_weights(checked.source.path, stated)
        if checked.test is not None and resolution.problem.is_resolved:
            findings += check_own_test(checked.test.path, resolution.problem, engine)
            findings += check_weights(checked.test.path, stated, " of the test table")
        facts = {} if quarantine is None else checked.write_quarantine(quarantine)
    page = render_report(
        build_validation_info(resolution.problem, table, findings, cells, checked.n_set_aside)
    )

    resolution.problem.save(problem)
    table.schema.save(schema)
    _build_verdict(resolution.problem, findings, table, cells, checked).save(verdict)
    Path(report).write_text(page, encoding="utf-8")
    return dict(facts)


def _profile(
    checked: ExpectedTable, target: str, cells: TableReading, expected: Expectations, engine: TableEngine
) -> TableProfile:
    """Return the profile of the rows that are not set aside, with the row numbers of the whole table."""
    profile = profile_table(checked.path, target, cells, engine)
    columns = tuple(
        replace(column, infinite_rows=tuple(map(checked.count_row, column.infinite_rows)))
        if column.infinite_rows
        else column
        for column in profile.columns
    )
    return replace(profile, columns=columns, expectations=expected.to_settings())


def _build_verdict(
    problem: Problem,
    findings: tuple[Notice, ...],
    table: TableProfile,
    cells: TableReading,
    checked: ExpectationCheck,
) -> Verdict:
    errors = [finding for finding in findings if finding.level == "error"]
    record = {
        "rows": table.n_rows + checked.source.n_set_aside,
        "columns": len(table.columns),
        "duplicate_rows": table.n_duplicates,
        "rows_without_target": table.target.column.n_null if table.target else 0,
        **_summarise_expectations(checked),
        **_summarise_problem(problem),
        "errors": len(errors),
        "warnings": _select_notices(findings, "warning"),
        "notes": _select_notices(findings, "note"),
        "proposals": [asdict(proposal) for finding in findings for proposal in finding.proposals],
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


def _summarise_expectations(checked: ExpectationCheck) -> dict[str, Any]:
    """Return what was expected, and the rows that are set aside for it; nothing without expectations."""
    expected = checked.expectations
    if expected == Expectations():
        return {}
    return {
        "expectations": {
            "sha256": expected.sha256,
            "columns": len(expected.columns),
            "rules": len(expected.rules),
            "quarantine": expected.quarantine,
            "set_aside": checked.source.n_set_aside,
            "set_aside_test": checked.test.n_set_aside if checked.test else 0,
        }
    }


def _select_notices(findings: tuple[Notice, ...], level: Level) -> list[dict[str, str]]:
    return [
        {"text": finding.text, "remedy": finding.remedy} for finding in findings if finding.level == level
    ]
