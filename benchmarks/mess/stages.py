"""A file through the stages: read and checked as in training, or as rows to predict."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.notice import Notice
from components._table.schema import Schema
from components._table.storage import open_table as open_table
from components._table.table_reading import TableReading
from components.errors import InvalidData
from components.ingest.run import run, run_rows
from components.memory import DEFAULT_MEMORY
from components.validate.checks import run_checks
from components.validate.evidence import TableEvidence
from components.validate.resolution import resolve_problem
from components.validate.table_profile import profile_table


class Read(NamedTuple):
    """A training table that was read.

    Attributes
    ----------
    folder : Path
        The table.
    table : pyarrow Table
        Its rows.
    schema : Schema
        What validate says of it.
    problem : Problem
        With nothing left open.
    notices : tuple of Notice
        What a person is told.
    """

    folder: Path
    table: pa.Table
    schema: Schema
    problem: Problem
    notices: tuple[Notice, ...]

    def has_warning_about(self, column: str) -> bool:
        """Return whether a warning names a column."""
        return any(notice.level == "warning" and repr(column) in notice.text for notice in self.notices)

    @property
    def about_file(self) -> list[str]:
        """What is said of the file rather than of a column."""
        names = self.schema.names
        return [
            notice.text for notice in self.notices if not any(repr(name) in notice.text for name in names)
        ]


def read_training(source: Path, target: str, scratch: Path) -> Read:
    """Read a table as ``make run`` does.

    Raises
    ------
    SuiteError
        It is refused.
    """
    draft, folder, reading = scratch / "draft.json", scratch / "training", scratch / "reading.json"
    Problem(target=target).save(draft)
    run(dataset=str(folder), reading=str(reading), problem=str(draft), source=str(source), seed=0)
    cells = TableReading.load(reading)
    # As components.validate.run does, without its page.
    with TableEngine(DEFAULT_MEMORY // 2, scratch) as engine:
        found = profile_table(str(folder), target, cells, engine)
    problem, findings = Problem.load(draft), cells.notices
    if found.target is not None:
        resolution = resolve_problem(problem, found.target)
        problem, findings = resolution.problem, findings + resolution.findings
    findings += run_checks(TableEvidence(problem, found))
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise InvalidData(
            "\n".join(error.text for error in errors), "\n".join(error.remedy for error in errors)
        )
    return Read(folder, open_table(str(folder)).to_table(), found.schema, problem, findings)


def read_new(source: Path, model: Path, scratch: Path) -> Path:
    """Read rows that a model will predict, as ``make score`` does, and return their folder.

    Raises
    ------
    SuiteError
        They are refused.
    """
    folder = scratch / f"rows-{model.name}"
    run_rows(dataset=str(folder), model=str(model), source=str(source), unreadable="refuse", seed=0)
    return folder
