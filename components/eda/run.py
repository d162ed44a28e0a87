"""Read the training rows, explore them, write findings and page."""

from pathlib import Path

from components._problem.spec import Problem
from components._table.schema import Schema
from components._table.storage import read_frame
from components.eda.findings import collect_findings as judge
from components.eda.relations import compute_relations
from components.eda.report import Exploration
from components.eda.report import render_exploration as draw
from components.eda.summaries import summarise_columns
from components.eda.target import EncodedTarget
from components.errors import InvalidData


def run(*, train: str, problem: str, schema: str, findings: str, report: str, seed: int) -> None:
    """Look at the training rows.

    Parameters
    ----------
    train, problem, schema : str
        Paths of the rows to learn from, of the resolved problem, and of what each column is.
    findings, report : str
        Paths to write the findings and the page to.
    seed : int
        Seed of the folds, and of the rows and points that stand for all.

    Raises
    ------
    InvalidData
        No row has a target value.
    """
    specification = Problem.load(problem)
    frame = read_frame(train)
    frame = frame[frame[specification.target].notna()].reset_index(drop=True)
    if frame.empty:
        raise InvalidData(
            f"No training row has a value of the target {specification.target!r}.",
            "Name another target, or a table in which it is known.",
        )
    known = Schema.load(schema)
    kinds = {name: known[name].kind for name in frame.columns}
    roles = specification.withheld_columns
    features = [name for name in frame.columns if name not in roles]
    others = {n: role for n, role in roles.items() if n != specification.target and n in kinds}

    target = EncodedTarget.from_frame(frame, specification)
    summaries = summarise_columns(frame.drop(columns=specification.target), kinds)
    related = compute_relations(frame[features], kinds, target, seed=seed)
    found = judge(summaries, related, target, unjudged=others, kept=specification.keep)
    exploration = Exploration(frame, kinds, others, target, summaries, related, found)
    text = draw(exploration, seed=seed)

    found.save(findings)
    Path(report).write_text(text, encoding="utf-8")
