"""Read the training rows, explore them, write findings and page."""

from pathlib import Path

from components._problem.spec import Problem
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.schema import Schema
from components._table.storage import read_frame
from components.eda.findings import collect_findings
from components.eda.relations import compute_relations
from components.eda.report import Exploration, render_exploration
from components.eda.summaries import summarise_columns
from components.eda.target import EncodedTarget
from components.errors import InvalidData


def run(
    *,
    train: str,
    problem: str,
    schema: str,
    findings: str,
    report: str,
    seed: int,
    sample: str | None = None,
) -> None:
    """Explore the training rows.

    Parameters
    ----------
    train, problem, schema : str
        Paths to read.
    findings, report : str
        Paths to write.
    seed : int
        Seed of the folds, and of the rows and points that figures show.
    sample : str or None
        Path of a sample of the training rows; None, or one without rows, if they fit into memory.

    Raises
    ------
    InvalidData
        No row has a target value.
    """
    specification = Problem.load(problem)
    frame = read_frame(choose_rows_to_learn_from(train, sample))
    frame = frame[frame[specification.target].notna()].reset_index(drop=True)
    if frame.empty:
        raise InvalidData(
            f"No training row has a value of the target {specification.target!r}.",
            "Name another target, or a table with values of it.",
        )
    columns = Schema.load(schema)
    kinds = {name: columns[name].kind for name in frame.columns}
    roles = specification.withheld_columns
    features = [name for name in frame.columns if name not in roles]
    others = {name: role for name, role in roles.items() if name != specification.target and name in kinds}

    target = EncodedTarget.from_frame(frame, specification)
    summaries = summarise_columns(frame.drop(columns=specification.target), kinds)
    relations = compute_relations(frame[features], kinds, target, seed=seed)
    found = collect_findings(summaries, relations, target, unjudged=others, kept=specification.keep)
    exploration = Exploration(frame, kinds, others, target, summaries, relations, found)
    text = render_exploration(exploration, seed=seed)

    found.save(findings)
    Path(report).write_text(text, encoding="utf-8")
