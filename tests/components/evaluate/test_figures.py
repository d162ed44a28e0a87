from collections.abc import Sequence
from typing import TypeVar

import pytest

from components._metrics.estimate import Estimate
from components._report.charts import Bars, Cells, Chart, Line, Points, Rule
from components.evaluate import figures
from components.evaluate.curves import (
    CalibrationCurve,
    ConfusionMatrix,
    GainCurve,
    PrecisionRecallCurve,
    Residuals,
    RocCurve,
    ScoreHistogram,
    ThresholdCurve,
)
from components.evaluate.evaluation import Dependence, Importance, Measure

T = TypeVar("T")


def _find(chart: Chart, kind: type[T]) -> list[T]:
    return [mark for mark in chart.marks if isinstance(mark, kind)]


@pytest.mark.parametrize(
    ("estimate", "names", "ends"),
    [
        (Estimate(0.8, 0.7, 0.95), ["Model", "Linear model"], ([0.7, 0.7], [0.95, 0.7])),
        (Estimate(0.8), ["Model", "Linear model"], ([0.8, 0.7], [0.8, 0.7])),
        (None, ["Linear model"], ([0.7], [0.7])),
    ],
)
def test_only_figures_that_are_known_are_drawn(
    estimate: Estimate | None, names: list[str], ends: tuple[list[float], list[float]]
) -> None:
    chart = figures.draw_scores(Measure("roc_auc", estimate, None, 0.7))
    (points,) = _find(chart, Points)
    assert chart.y.labels == names
    assert (points.x_lows, points.x_highs) == ends
    assert chart.x.title == "ROC AUC (larger is better)"


def test_without_any_figure_nothing_is_drawn() -> None:
    (points,) = _find(figures.draw_scores(Measure("roc_auc", None, None, None)), Points)
    assert list(points.xs) == []


@pytest.mark.parametrize(("area", "title"), [(0.75, "ROC curve, area 0.750"), (None, "ROC curve")])
def test_the_roc_curve_has_its_area_and_the_diagonal(area: float | None, title: str) -> None:
    chart = figures.draw_roc_curve(RocCurve([0, 0.5, 1], [0, 1, 1], [1, 0.5, 0]), area)
    diagonal, curve = _find(chart, Line)
    assert (diagonal.xs, curve.xs, curve.ys) == ([0, 1], [0, 0.5, 1], [0, 1, 1])
    assert chart.title == title


@pytest.mark.parametrize(
    ("average", "title"), [(0.5, "Precision and recall, average 0.500"), (None, "Precision and recall")]
)
def test_precision_is_drawn_over_the_share_of_positives(average: float | None, title: str) -> None:
    chart = figures.draw_precision_recall_curve(PrecisionRecallCurve([0, 1], [1, 0.3], 0.3), average)
    assert [rule.y for rule in _find(chart, Rule)] == [0.3]
    assert chart.title == title


def test_calibration_is_drawn_with_its_rows() -> None:
    chart = figures.draw_calibration_curve(CalibrationCurve([0.1, 0.9], [0.2, 0.8], [5, 7]))
    (points,) = _find(chart, Points)
    assert (points.xs, points.ys) == ([0.1, 0.9], [0.2, 0.8])
    assert points.tips[1] == "predicted 90.0%, observed 80.0%, 7 rows"


def test_scores_of_both_classes_are_drawn_on_the_same_bins() -> None:
    histogram = ScoreHistogram([0.25, 0.75], [0.9, 0.1], [0.2, 0.8], ("no", "yes"), 0.4)
    chart = figures.draw_score_histogram(histogram)
    bars = _find(chart, Bars)
    assert [(bar.name, bar.ends, bar.width) for bar in bars] == [
        ("actual no", [0.9, 0.1], 0.5),
        ("actual yes", [0.2, 0.8], 0.5),
    ]
    assert [rule.x for rule in _find(chart, Rule)] == [0.4]


def test_the_gain_is_between_chance_and_the_best_possible() -> None:
    chance, best, model = _find(figures.draw_gain_curve(GainCurve([0, 0.5, 1], [0, 0.8, 1], 0.3)), Line)
    assert (chance.xs, best.xs, best.ys) == ([0, 1], [0, 0.3, 1], [0, 1, 1])
    assert (model.xs, model.ys) == ([0, 0.5, 1], [0, 0.8, 1])


@pytest.mark.parametrize(
    ("series", "names", "title"),
    [
        ({"worth per row": [1.0, 2.0]}, [""], "worth per row"),
        ({"precision": [1, 1], "recall": [1, 0]}, ["precision", "recall"], ""),
    ],
)
def test_the_chosen_threshold_is_marked(
    series: dict[str, list[float]], names: Sequence[str], title: str
) -> None:
    chart = figures.draw_threshold_curve(ThresholdCurve([0.0, 1.0], series, 0.25))
    assert [line.name for line in _find(chart, Line)] == names
    assert [(rule.x, rule.label) for rule in _find(chart, Rule)] == [(0.25, "chosen: 0.25")]
    assert chart.y.title == title


@pytest.mark.parametrize(("n_classes", "has_texts"), [(2, True), (13, False)])
def test_the_cells_of_few_classes_have_their_counts_and_shares(n_classes: int, has_texts: bool) -> None:
    counts = [[3 if i == j else 1 for j in range(n_classes)] for i in range(n_classes)]
    counts[0] = [0] * n_classes
    chart = figures.draw_confusion_matrix(ConfusionMatrix([str(i) for i in range(n_classes)], counts))
    (cells,) = _find(chart, Cells)
    assert bool(cells.texts) is has_texts
    assert cells.values[0] == [0.0] * n_classes
    assert sum(cells.values[1]) == pytest.approx(1.0)
    if has_texts:
        assert cells.texts[1] == ["1 (25%)", "3 (75%)"]
        assert cells.tips[1][0] == "actual 1, predicted 0: 1 rows, 25.0% of the actual class"


def test_errors_are_drawn_by_prediction_and_by_size() -> None:
    rows = Residuals([1.0, 5.0], [2.0, 3.0], [-2.0, 1.0], [1, 1])
    predictions = figures.draw_predictions(rows)
    (diagonal,), (points,) = _find(predictions, Line), _find(predictions, Points)
    assert (diagonal.xs, points.xs, points.ys) == ([1, 5], [1, 5], [2, 3])
    (errors,) = _find(figures.draw_residuals(rows), Points)
    assert errors.ys == [1, -2]
    (bars,) = _find(figures.draw_error_distribution(rows), Bars)
    assert (bars.places, bars.ends) == ([-2, 1], [1, 1])


def test_a_column_that_the_model_hardly_needs_is_grey() -> None:
    items = (Importance("<b>x</b>", 0.5, 0.1), Importance("2020", 0.05, 0.1))
    chart = figures.draw_importances(items, "ROC AUC")
    (points,) = _find(chart, Points)
    assert points.colours[0] != points.colours[1]
    assert (points.xs, points.x_lows) == ([0.5, 0.05], pytest.approx([0.4, -0.05]))
    assert chart.y.labels == ["<b>x</b>", "2020"]
    assert points.tips == ["<b>x</b>: 0.500 ± 0.100", "2020: 0.050 ± 0.100"]


@pytest.mark.parametrize(
    ("places", "means", "kinds", "names"),
    [
        ((1.0, 2.0), {"yes": (0.1, 0.2)}, ("number", "share"), [""]),
        ((1.0, 2.0), {"": (5.0, 7.0)}, ("number", "number"), [""]),
        ((1.0, 2.0), {"a": (0.1, 0.2), "b": (0.9, 0.8)}, ("number", "share"), ["a", "b"]),
        ((), {"yes": (0.1, 0.2)}, ("share", "category"), [""]),
    ],
)
def test_the_mean_prediction_is_drawn_by_value(
    places: tuple[float, ...],
    means: dict[str, tuple[float, ...]],
    kinds: tuple[str, str],
    names: list[str],
) -> None:
    chart = figures.draw_dependence(Dependence("x", ("1", "2"), places, False, (0.7, 0.3), means), "y")
    assert (chart.x.kind, chart.y.kind) == kinds
    points = _find(chart, Points)
    assert ([line.name for line in _find(chart, Line)] or [of.name for of in points]) == names
    drawn = [of.ys if places else of.xs for of in points]
    assert drawn == list(means.values())
    assert "30.0% of the rows" in points[0].tips[1]
