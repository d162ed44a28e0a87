from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from components._metrics.estimate import Estimate
from components.evaluate.curves import ConfusionMatrix
from components.evaluate.evaluation import Evaluation, GateResult, Measure, UsedRows
from components.evaluate.power import describe_power
from components.evaluate.report import ClassQuality, collect_verdict_messages, compute_class_qualities
from components.evaluate.run import run

EVALUATION = Evaluation(
    title="LightGBM",
    target="y",
    rows_train=10,
    rows_test=5,
    used=UsedRows(5, 5, 10, 10),
    threshold=None,
    baseline_title="",
    simple_title="Linear model",
    measures=(Measure("roc_auc", Estimate(0.8, 0.7, 0.9), 0.5, 0.7),),
    over_baseline=Estimate(0.3, 0.2, 0.4),
    over_simple=Estimate(0.1, 0.05, 0.2),
    worth=None,
    gates=(GateResult("0.75 ≤ roc_auc", 0.8, "0.8", True),),
    importances=(),
    groups=(),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("good", "Passed: 0.75 ≤ roc_auc.")]),
        ({"gates": (GateResult("g", 0.1, "0.1", False, "Too low."),)}, [("error", "Failed: Too low.")]),
        (
            {"over_baseline": Estimate(0.1, -0.1, 0.2)},
            [("warning", "Passed, but no better than the baseline (0.80 against 0.50).")],
        ),
        (
            {"over_simple": Estimate(-0.2, -0.3, -0.1)},
            [
                ("warning", "Passed, but no better than a linear model (0.80 against 0.70)."),
                ("warning", "A linear model does better on these rows. Consider using it instead."),
            ],
        ),
        (
            {"over_simple": Estimate(0.1, -0.1, 0.3)},
            [
                ("warning", "Passed, but no better than a linear model (0.80 against 0.70)."),
                ("note", "A linear model is the same within chance, and easier to explain."),
            ],
        ),
        (
            {"over_simple": Estimate(0.1)},
            [("warning", "Passed, but no better than a linear model (0.80 against 0.70).")],
        ),
        ({"over_simple": None}, [("good", "Passed: 0.75 ≤ roc_auc.")]),
        (
            {"over_simple": Estimate(0.0, -0.1, 0.1), "title": "Linear model"},
            [("warning", "Passed, but no better than a linear model (0.80 against 0.70): it is one itself.")],
        ),
        (
            {"over_simple": Estimate(0.1, 0.05, 0.1), "title": "Linear model"},
            [("good", "Passed: 0.75 ≤ roc_auc.")],
        ),
        (
            {"measures": (*EVALUATION.measures, Measure("recall", None, None, None))},
            [
                ("good", "Passed: 0.75 ≤ roc_auc."),
                ("warning", "Undefined on these rows and left out: recall."),
            ],
        ),
    ],
)
def test_the_verdict_stands_first_with_what_a_reader_must_know(
    changes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    evaluation = replace(EVALUATION, **changes)  # type: ignore[arg-type]
    power = [("note", " ".join(sentences))] if (sentences := describe_power(evaluation)) else []
    assert collect_verdict_messages(evaluation) == [*expected, *power]


def test_classes_have_precision_and_recall_where_there_are_rows() -> None:
    matrix = ConfusionMatrix(["a", "b", "c"], [[3, 1, 0], [1, 1, 0], [0, 0, 0]])
    assert compute_class_qualities(matrix) == [
        ClassQuality("a", 4, 0.75, 0.75),
        ClassQuality("b", 2, 0.5, 0.5),
        ClassQuality("c", 0, None, None),
    ]


@pytest.mark.parametrize(
    ("settings", "threshold", "figures"),
    [
        ({"task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}, 0.4, 10),
        ({"task": "multiclass", "metric": "accuracy", "classes": ("a", "<b>", "c")}, None, 4),
        pytest.param({"task": "regression", "metric": "r2"}, None, 6, marks=pytest.mark.slow),
    ],
)
def test_the_page_draws_every_figure_without_a_fault(
    trained: Callable,
    browser: object,
    settings: dict[str, object],
    threshold: float | None,
    figures: int,
) -> None:
    case = trained(settings, threshold=threshold)
    run(**case.paths, seed=0)
    page = Path(case.paths["report"]).with_suffix(".html")
    page.write_bytes(Path(case.paths["report"]).read_bytes())
    with browser.from_file(page) as visit:  # type: ignore[attr-defined]
        # One of them is of the direction of the signal, which is important in each task.
        assert visit.frame.locator("figure.chart").count() >= figures
        assert (visit.faults, visit.requests) == ([], [])
