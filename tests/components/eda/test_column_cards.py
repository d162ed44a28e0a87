from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._report.charts import Bars
from components._table.kinds import Kind
from components.eda.column_cards import ColumnCard, build_card
from components.eda.exploration import explore
from components.eda.target import OTHER_CLASSES
from tests.explored_rows import BINARY, REGRESSION, open_explored_rows

N = 60
CLASSES = tuple(f"class {i}" for i in range(6))
MANY = Problem(target="y", task="multiclass", metric="log_loss", classes=CLASSES)
FRAME = pd.DataFrame(
    {
        "number": np.where(np.arange(N) % 10 == 0, np.nan, np.arange(N) ** 1.5),
        "discrete": np.arange(N) % 3,
        "plan": ["basic", "plus"] * (N // 2),
        "day": pd.date_range("2026-01-01", periods=N),
    }
)
KINDS: dict[str, Kind] = {"number": "float", "discrete": "integer", "plan": "string", "day": "datetime"}
TARGETS: dict[str, tuple[Problem, Kind, Any]] = {
    "binary": (BINARY, "string", ["no", "yes", "yes"] * (N // 3)),
    "regression": (REGRESSION, "float", np.arange(N) % 7.0),
    "many": (MANY, "string", CLASSES * (N // 6)),
}


def _build(name: str, task: str = "binary", *, is_full: bool = True) -> ColumnCard:
    problem, kind, y = TARGETS[task]
    kinds: dict[str, Kind] = {**KINDS, "y": kind}
    with open_explored_rows(FRAME.assign(y=y), kinds, problem) as rows:
        exploration = explore(rows, problem, kinds, seed=0)
    (summary,) = [summary for summary in exploration.summaries if summary.name == name]
    return build_card(summary, 0.6, exploration, (0, 1), is_full=is_full)


@pytest.mark.parametrize(
    ("name", "figures", "folded"),
    [
        ("number", ["Histogram", "Share of yes", "Box plot", "Q-Q plot"], []),
        ("discrete", ["Rows", "Share of yes"], ["Box plot", "Q-Q plot"]),
        ("plan", ["Rows", "Share of yes"], []),
        ("day", ["Rows over time", "Share of yes over time"], []),
    ],
)
def test_a_column_has_the_figures_of_its_values(name: str, figures: list[str], folded: list[str]) -> None:
    card = _build(name)
    assert [[chart.title for chart in charts] for charts in (card.figures, card.folded)] == [figures, folded]


@pytest.mark.parametrize("name", ["number", "discrete", "plan", "day"])
def test_a_brief_card_has_rows_and_target_without_classes_and_tips(name: str) -> None:
    card = _build(name, is_full=False)
    assert (len(card.figures), card.folded) == (2, [])
    marks = [mark for chart in card.figures for mark in chart.marks]
    assert not any(getattr(mark, "tips", ()) for mark in marks)
    assert len(card.figures[0].marks) == 1


@pytest.mark.parametrize("name", ["number", "discrete", "plan", "day"])
def test_of_very_many_classes_the_most_frequent_are_drawn_and_the_others_together(name: str) -> None:
    bars = [mark for mark in _build(name, "many").figures[1].marks if isinstance(mark, Bars)]
    assert [bar.name for bar in bars] == [*CLASSES[:4], OTHER_CLASSES]
    ends = np.array([np.subtract(bar.ends, bar.starts) for bar in bars])
    assert ends.sum(axis=0) == pytest.approx(1)


def test_a_card_says_the_column_in_words() -> None:
    facts = _build("number", "regression").facts
    assert facts[:4] == ["float", "54 distinct", "10.0% null", "R² of ranks alone 0.600"]
    assert facts[4].startswith("mean ")
    assert _build("day").facts[-1] == "2026-01-01 to 2026-03-01"
