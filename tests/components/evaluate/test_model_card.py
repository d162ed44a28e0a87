from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from components._metrics.estimate import Estimate
from components._model.intervals import PredictionIntervals
from components._problem.spec import Problem
from components.evaluate.evaluation import (
    DecisionWorth,
    Evaluation,
    GateResult,
    Importance,
    Measure,
    RowSlice,
    SensitiveGroup,
    SliceSearch,
    UsedRows,
)
from components.evaluate.interval_coverage import measure_coverage
from components.evaluate.model_card import render_model_card

EVALUATION = Evaluation(
    title="LightGBM",
    target="left",
    rows_train=8000,
    rows_test=2000,
    used=UsedRows(2000, 2000, 8000, 8000),
    threshold=0.31,
    baseline_title="Class shares of the training rows, always predicting no",
    simple_title="Linear model",
    measures=(
        Measure("roc_auc", Estimate(0.8123, 0.79, 0.83), 0.5, 0.78),
        Measure("neg_log_loss", Estimate(0.41, 0.4, 0.42), 0.6, 0.45),
        Measure("recall", None, None, None),
    ),
    over_baseline=Estimate(0.3123, 0.29, 0.33),
    over_simple=Estimate(-0.0123, -0.02, 0.01),
    worth=DecisionWorth(500.0, -20.0, 0.0),
    gates=(GateResult("0.75 ≤ roc_auc", 0.8123, "0.8123", True),),
    importances=(Importance("a|b", 0.1, 0.01), Importance("idle", -0.01, 0.02)),
    groups=(SensitiveGroup("sex", "<f>", 900, Estimate(0.8, 0.75, 0.85), 0.25, Estimate(-0.03, -0.1, 0.04)),),
)
LINEAGE: dict[str, Any] = {
    "sha256": "abc",
    "commit": None,
    "seed": 0,
    "parameters": {"depth": 3},
    "members": [
        {"family": "lightgbm", "weight": 2 / 3, "parameters": {"class_weight": None, "extra_trees": True}},
        {"family": "network", "weight": 1 / 3, "bags": [0.25, 4]},
    ],
}


def _make_problem(**more: object) -> Problem:
    known = {"target": "left", "task": "binary", "metric": "roc_auc", "classes": ("no", "yes")}
    return Problem.model_validate({**known, "positive_label": "yes", **more})


@pytest.mark.parametrize(
    "line",
    [
        "**ROC AUC 0.812 (95 % interval 0.790 to 0.830)** on the test rows; larger is better.",
        "| log loss | 0.410 | 0.400 to 0.420 | 0.600 | 0.450 | smaller |",
        "Better than the baseline by 0.312 (95 % interval 0.290 to 0.330).",
        "The same as the linear model within chance: the difference is -0.012 (95 % interval -0.020 "
        "to 0.010).",
        "Predicts 'yes' when the probability is at least 0.31. This threshold was best for F1 on out-of-fold "
        "predictions of the training rows.",
        "Undefined on these rows: recall.",
        "| 0.75 ≤ roc\\_auc | 0.8123 | passed |",
        "| a\\|b | 0.100 ± 0.010 |",
        "| sex | &lt;f&gt; | 900 | 0.800 | 0.750 to 0.850 | 25.0% |",
        "| sha256 | abc |",
        "| seed | 0 |",
        "| parameters depth | 3 |",
        "| members 1 family | lightgbm |",
        "| members 1 weight | 0.667 |",
        "| members 1 parameters extra trees | True |",
        "| members 2 family | network |",
        "| members 2 bags | 0.25, 4 |",
        "- It is not shown to be better than a linear model, which is easier to explain.",
    ],
)
def test_the_card_says(line: str) -> None:
    assert line in render_model_card(EVALUATION, _make_problem(), LINEAGE).splitlines()


@pytest.mark.parametrize("absent", ["idle", "commit", "None", "class weight"])
def test_the_card_leaves_out_what_is_not_known_or_not_important(absent: str) -> None:
    assert absent not in render_model_card(EVALUATION, _make_problem(), LINEAGE)


def test_a_users_text_is_shown_as_it_was_written() -> None:
    card = render_model_card(EVALUATION, _make_problem(description="<script>*x*\n# y", owner="[a](b)"), {})
    assert "&lt;script&gt;\\*x\\* \\# y" in card
    assert "Owner: \\[a\\](b)" in card


@pytest.mark.parametrize(
    ("problem", "limit"),
    [
        (_make_problem(), "rows of the same time"),
        (_make_problem(event_time="day"), "rows later than the training rows"),
        (_make_problem(), "No sensitive columns were named"),
    ],
)
def test_limits_follow_the_problem(problem: Problem, limit: str) -> None:
    assert limit in render_model_card(EVALUATION, problem, LINEAGE)


def test_a_warning_about_the_figures_is_a_limit() -> None:
    card = render_model_card(replace(EVALUATION, time_overlap=0.25), _make_problem(), LINEAGE)
    (limit,) = (line for line in card.splitlines() if "are not later than the last training row" in line)
    assert limit.startswith("- 25.0% of the test rows")


def test_slices_and_intervals_have_sections_of_their_own() -> None:
    found = RowSlice("a < 3", 40, 0.9, 0.4, Estimate(0.5, 0.2, 0.8), 0.3, 0.6)
    intervals = PredictionIntervals(0.9, [0.0], [1.0], 400)
    coverage = measure_coverage(intervals, np.zeros(50), np.zeros(50))
    evaluation = replace(EVALUATION, search=SliceSearch((found,), 12, 3, 900), coverage=coverage)
    card = render_model_card(evaluation, _make_problem(), LINEAGE)
    assert "| a &lt; 3 | 40 | 0.90 | 0.40 | 0.20 to 0.80 | 30.0% | 60.0% |" in card
    assert "100.0% of the 50 test rows are in their intervals" in card
    bare = render_model_card(replace(EVALUATION, search=None), _make_problem(), LINEAGE)
    assert "## Where it does worse" not in bare
    assert "## Prediction intervals" not in bare


def test_few_rows_are_a_limit() -> None:
    card = render_model_card(replace(EVALUATION, rows_test=12), _make_problem(), LINEAGE)
    assert "Tested on only 12 rows" in card
    assert "Tested on only" not in render_model_card(EVALUATION, _make_problem(), LINEAGE)
