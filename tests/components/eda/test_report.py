from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.findings import ColumnFinding, Findings, Receipt
from components._table.schema import Kind
from components.eda import report
from components.eda.exploration import explore
from components.eda.receipt_cards import MOST_OPEN
from components.eda.relations import Relation
from components.eda.report import render_exploration
from tests.explored_rows import BINARY, REGRESSION, open_explored_rows

N = 40
KINDS: dict[str, Kind] = {"x": "float", "z": "float", "day": "datetime", "plan": "string", "id": "integer"}


def render(
    problem: Problem = BINARY,
    findings: tuple[ColumnFinding, ...] = (),
    receipts: tuple[Receipt, ...] = (),
    score: float = 0.6,
    n_chosen: int = N,
) -> str:
    frame = pd.DataFrame(
        {
            "x": np.where(np.arange(N) < 4, np.nan, np.arange(N)),
            "z": np.arange(N) ** 2.0,
            "day": pd.date_range("2026-01-01", periods=N),
            "plan": ["basic", "plus"] * (N // 2),
            "id": np.arange(N),
            "y": ["no", "yes"] * (N // 2) if problem.kind == "binary" else np.arange(N, dtype=float),
        }
    )
    kinds: dict[str, Kind] = {**KINDS, "y": "string" if problem.kind == "binary" else "float"}
    with open_explored_rows(frame, kinds, problem) as rows:
        exploration = explore(rows, problem.model_copy(update={"identifiers": ("id",)}), kinds, seed=0)
    relations = tuple(Relation(name, score, None) for name in ("x", "z", "day", "plan"))
    return render_exploration(
        replace(exploration, relations=relations, findings=Findings(findings, receipts), n_chosen=n_chosen)
    )


@pytest.mark.parametrize(
    ("problem", "title", "measure"),
    [(BINARY, "of the rows are y = yes", "ROC AUC alone"), (REGRESSION, "median of y", "R² of ranks alone")],
)
def test_the_page_says_what_the_table_and_its_columns_are(problem: Problem, title: str, measure: str) -> None:
    page = render(problem)
    for text in (
        "The 40 training rows, for predicting y",
        title,
        "Nothing: every column can be used unchanged.",
        "1 of 5 columns have nulls.",
        "2026-01-01 to 2026-02-09",
        f"{measure} 0.600",
        '<a href="#column-1">',
        "6 rows, chosen at random",
        "identifier",
    ):
        assert text in page


def test_what_stands_out_comes_with_its_effect_the_first_open_and_the_others_folded() -> None:
    receipts = tuple(
        Receipt(
            "leak", (f"l{i}",), "It tells.", "Left out.", f"keep: [l{i}]", "overrules", ("x",), (("<1>",),)
        )
        for i in range(MOST_OPEN + 2)
    )
    page = render(findings=(ColumnFinding("z", "skewed", "Skew 5."),), receipts=receipts)
    assert "<h3>l0: predicts the target by itself</h3>" in page
    assert "It tells. Left out." in page
    assert "<code>keep: [l0]</code>" in page
    assert "&lt;1&gt;" in page
    assert "The other findings (2)" in page
    assert "The reasons, column by column (1)" in page
    assert "Nothing: every column" not in page


def test_a_column_that_predicts_nearly_all_is_kept_with_a_warning() -> None:
    page = render(score=0.97)
    assert "x (ROC AUC 0.970)" in page
    assert "Predicts the target almost completely. Kept" in page
    assert "Predicts the target almost completely" not in render(score=0.9)


def test_the_page_says_how_many_rows_were_looked_at_where_not_all_were() -> None:
    assert render(n_chosen=30).count("Computed from 30 of the rows, chosen at random.") == 2
    assert "Computed from" not in render()


def test_of_very_many_columns_the_most_predictive_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "columns are drawn" not in render()
    monkeypatch.setattr(report, "MOST_CARDS", 2)
    page = render()
    assert "Only the first 2 of 4 columns are drawn." in page
    assert page.count("<article id=") == 2
    assert '<a href="#column-2">' in page
    assert '<a href="#column-3">' not in page
