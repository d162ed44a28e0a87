import numpy as np
import pandas as pd
import pytest

from components._recipe.engineer import Engineer
from components._recipe.recipe import set_units
from components._report.charts import Points
from components._report.colours import BLUE, GREY
from components.engineer.block_choice import Attempt, BlockChoice
from components.engineer.report import draw_changes, render_engineering
from components.engineer.workload import Workload

ATTEMPTS = [
    Attempt("Arithmetic of numbers", 9, -0.12, 0.02, [["ratio", "a", "b"]]),
    Attempt("Dates", 6, 0.01, 0.03, []),
]
CHOICE = BlockChoice(
    Workload(800, 60, 3, 2),
    "",
    "log loss",
    0.5,
    ATTEMPTS,
    ["Frequencies of categories"],
    ["For the gap of 2 days, the folds leave out 3.0% of their rows."],
)


def fit_engineer(*derived: list[str]) -> Engineer:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.lognormal(size=(20, 2)), columns=["a", "b"])
    set_units(table, {"a": [0.0, 1.0], "b": [0.0, 1.0]})
    return Engineer("regression", derived=list(derived)).fit(table, np.arange(20.0))


def test_points_show_each_block_with_its_margin() -> None:
    chart = draw_changes(CHOICE)
    _, points = chart.marks
    assert isinstance(points, Points)
    assert chart.y.labels == ["Arithmetic of numbers", "Dates"]
    assert points.xs == [-0.12, 0.01]
    assert points.x_lows == pytest.approx([-0.14, -0.02])
    assert points.x_highs == pytest.approx([-0.10, 0.04])
    assert points.colours == [BLUE, GREY]
    assert "Dates: +1.00% ± 3.00%" in chart.description


def test_the_page_says_what_was_tried_and_what_was_kept() -> None:
    page = render_engineering(CHOICE, fit_engineer(["ratio", "a", "b"]))
    for text in (
        "-12.00%",
        "+1.00%",
        "3.00%",
        "not kept",
        "a/b",
        "3 times",
        "log loss",
        "1 features are derived",
        "the folds leave out 3.0% of their rows.",
    ):
        assert text in page


def test_the_page_says_why_nothing_was_tried() -> None:
    page = render_engineering(BlockChoice(None, "20 rows are too few.", "log loss", 0.0, []), fit_engineer())
    assert "No block was tried. 20 rows are too few." in page
    assert "Derived features" not in page
