"""Explore the training rows, write findings and page."""

import tempfile
from pathlib import Path

from components._problem.proposal import read_proposals
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.engine import TableEngine
from components._table.schema import Schema
from components.eda.exploration import explore
from components.eda.explored_rows import ExploredRows
from components.eda.report import render_exploration
from components.errors import InvalidData
from components.memory import DEFAULT_MEMORY, resolve_memory

__all__ = ["resolve_memory", "run"]


def run(
    *,
    train: str,
    problem: str,
    schema: str,
    findings: str,
    report: str,
    seed: int,
    sample: str | None = None,
    verdict: str | None = None,
    memory: int = DEFAULT_MEMORY,
) -> None:
    """Explore the training rows.

    Parameters
    ----------
    train, problem, schema : str
        Paths to read.
    findings, report : str
        Paths to write.
    seed : int
        Seed of the rows and outliers that are chosen.
    sample : str or None
        Path of a sample of the training rows; None, or one without rows, if they fit into memory. The
        relations of more than 10 million rows are computed from it.
    verdict : str or None
        What validate found, whose proposals are measured; None for no proposals.
    memory : int
        Bytes of memory that the stage may use.

    Raises
    ------
    InvalidData
        No row has a target value.
    EngineFailed
        The memory, or the disk for what does not fit into it, is not enough.
    """
    specification = Problem.load(problem)
    kinds = {column.name: column.kind for column in Schema.load(schema).columns}
    with (
        tempfile.TemporaryDirectory() as scratch,
        TableEngine(memory // 2, scratch) as engine,
    ):
        rows = ExploredRows(train, specification, engine, sample)
        if not rows.n_rows:
            raise InvalidData(
                f"No training row has a value of the target {specification.target!r}.",
                "Name another target, or a table with values of it.",
            )
        proposals = read_proposals(Verdict.load(verdict).record["proposals"]) if verdict else ()
        exploration = explore(rows, specification, kinds, proposals, seed=seed)
    text = render_exploration(exploration)

    exploration.findings.save(findings)
    Path(report).write_text(text, encoding="utf-8")
