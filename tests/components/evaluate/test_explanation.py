import re
from dataclasses import replace

import pytest

from components._metrics.estimate import Estimate
from components._problem.spec import Problem
from components.evaluate.evaluation import Importance, Measure, SensitiveGroup
from components.evaluate.explanation import conclude_groups, explain_figures, explain_importances
from tests.components.evaluate.test_report import EVALUATION


def _make_problem(**settings: object) -> Problem:
    known = {"target": "y", "task": "binary", "metric": "roc_auc", "classes": ("no", "yes")}
    return Problem.model_validate({**known, "positive_label": "yes", **settings})


@pytest.mark.parametrize(
    ("accuracy", "threshold", "settings", "expected"),
    [
        (0.85, 0.2, {}, None),
        (0.8, 0.2, {}, None),
        (
            0.7,
            0.2,
            {},
            r"Accuracy is 0.700. .* always predicts 'no' would have 0.800, .* threshold, 0.2, .* for F1",
        ),
        (0.7, 0.2, {"value": {"tp": 1}}, "was chosen for the worth of the outcomes"),
        (0.7, 0.5, {"metric": "accuracy"}, "finds other classes, but makes more wrong decisions"),
        (0.7, None, {}, "finds other classes"),
    ],
)
def test_an_accuracy_below_that_of_the_largest_class_is_explained(
    accuracy: float, threshold: float | None, settings: dict[str, object], expected: str | None
) -> None:
    measures = (*EVALUATION.measures, Measure("accuracy", Estimate(accuracy), 0.8, 0.75))
    evaluation = replace(EVALUATION, measures=measures, threshold=threshold, majority=("no", 0.8))
    found = explain_figures(evaluation, _make_problem(**settings))
    assert len(found) == (expected is not None)
    if expected:
        assert re.search(expected, found[0])


def test_a_model_no_better_than_the_baseline_is_not_excused() -> None:
    measures = (*EVALUATION.measures, Measure("accuracy", Estimate(0.3), 0.8, 0.75))
    over = Estimate(0.1, -0.1, 0.2)
    evaluation = replace(EVALUATION, measures=measures, over_baseline=over, majority=("no", 0.8))
    (found,) = explain_figures(evaluation, _make_problem())
    assert found.endswith("The model is not shown to be better than the baseline.")


def test_a_regression_has_nothing_to_explain() -> None:
    assert explain_figures(EVALUATION, _make_problem()) == []


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (900, 12, "among the test rows, ±"),
        (5_000, 3, "among 1,000 of the 5,000 test rows, drawn at random, ±"),
        (5_000, 30, "among 400 of the 5,000 test rows, drawn at random, ±"),
        (5_000, 300, "among 200 of the 5,000 test rows, drawn at random, ±"),
    ],
)
def test_the_note_on_importances_says_how_many_rows_were_shuffled(
    rows: int, columns: int, expected: str
) -> None:
    importances = tuple(Importance(f"x{i}", 0.1, 0.01) for i in range(columns))
    note = explain_importances(replace(EVALUATION, rows_test=rows, importances=importances))
    assert expected in note


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], []),
        (
            [Estimate(-0.1, -0.2, 0.1), Estimate(0.1, -0.1, 0.2)],
            [
                "No group's ROC AUC differs from that of the other rows by more than chance (intervals hold "
                "for all 2 groups together)."
            ],
        ),
        (
            [Estimate(-0.1, -0.2, -0.05), Estimate(0.1, 0.05, 0.2), None],
            [
                "ROC AUC of the rows with sex 0 is worse than that of the other rows: by 0.100 (95 % "
                "interval 0.050 to 0.200).",
                "ROC AUC of the rows with sex 1 is better than that of the other rows: by 0.100 (95 % "
                "interval 0.050 to 0.200) (intervals hold for all 3 groups together).",
                "There are too few rows to compare sex 2.",
            ],
        ),
    ],
)
def test_groups_end_in_a_conclusion(gaps: list[Estimate | None], expected: list[str]) -> None:
    groups = tuple(SensitiveGroup("sex", str(i), 9, None, None, gap) for i, gap in enumerate(gaps))
    assert conclude_groups(replace(EVALUATION, groups=groups)) == expected
