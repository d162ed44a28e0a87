"""Suspects of tests: a table in which something was found."""

from collections.abc import Sequence

import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.findings import ColumnFinding, Finding, Findings
from components._table.schema import Kind
from components.eda.associations import compute_association_info
from components.eda.claims import Suspects
from components.eda.summaries import summarise_columns
from tests.explored_rows import REGRESSION, open_explored_rows


def make_suspects(
    frame: pd.DataFrame,
    kinds: dict[str, Kind],
    found: dict[str, Finding] | None = None,
    proposals: Sequence[Proposal] = (),
    problem: Problem = REGRESSION,
) -> Suspects:
    """Return the suspects of a table with the target ``y``; its other columns are the base but for ``found``.

    Skewed columns, outliers and columns of many categories stay in the base.
    """
    kinds = {"y": "float", **kinds}
    names = [str(name) for name in frame.columns if name != "y"]
    found = found or {}
    kept = ("skewed", "outliers", "high_cardinality", "useful_key")
    base = tuple(name for name in names if found.get(name, "skewed") in kept)
    with open_explored_rows(frame, kinds) as rows:
        summaries = summarise_columns(rows, names, kinds, seed=0)
    return Suspects(
        frame,
        problem,
        kinds,
        base,
        {summary.name: summary for summary in summaries},
        Findings(tuple(ColumnFinding(name, finding, f"Why {name}.") for name, finding in found.items())),
        compute_association_info(frame, base, kinds) if len(base) > 1 else None,
        tuple(proposals),
    )
