import pytest

from components._metrics.estimate import Estimate
from components.evaluate import figures
from components.evaluate.curves import (
    CalibrationCurve,
    ConfusionMatrix,
    PrecisionRecallCurve,
    Residuals,
    RocCurve,
    ThresholdCurve,
)
from components.evaluate.evaluation import Importance, Measure


@pytest.mark.parametrize(
    ("estimate", "names", "bars"),
    [
        (Estimate(0.8, 0.7, 0.95), ["Linear model", "Model"], (0.15, 0.1)),
        (Estimate(0.8), ["Linear model", "Model"], None),
        (None, ["Linear model"], None),
    ],
)
def test_only_figures_that_are_known_are_drawn(
    estimate: Estimate | None, names: list[str], bars: tuple[float, float] | None
) -> None:
    drawing = figures.draw_scores(Measure("roc_auc", estimate, None, 0.7))
    assert [trace.y[0] for trace in drawing.data] == names
    drawn = drawing.data[-1].error_x
    assert (drawn.array and (drawn.array[0], drawn.arrayminus[0])) == (bars and pytest.approx(bars))
    assert drawing.layout.xaxis.title.text == "ROC AUC (larger is better)"


@pytest.mark.parametrize(("area", "title"), [(0.75, "ROC curve, area 0.750"), (None, "ROC curve")])
def test_the_roc_curve_has_its_area_and_the_diagonal(area: float | None, title: str) -> None:
    drawing = figures.draw_roc_curve(RocCurve([0, 0.5, 1], [0, 1, 1], [1, 0.5, 0]), area)
    diagonal, curve = drawing.data
    assert (list(diagonal.x), list(curve.x), list(curve.y)) == ([0, 1], [0, 0.5, 1], [0, 1, 1])
    assert drawing.layout.title.text == title


@pytest.mark.parametrize(
    ("average", "title"), [(0.5, "Precision and recall, average 0.500"), (None, "Precision and recall")]
)
def test_precision_is_drawn_over_the_share_of_positives(average: float | None, title: str) -> None:
    drawing = figures.draw_precision_recall_curve(PrecisionRecallCurve([0, 1], [1, 0.3], 0.3), average)
    assert drawing.layout.shapes[0].y0 == 0.3
    assert drawing.layout.title.text == title


def test_calibration_is_drawn_with_its_rows() -> None:
    _, curve = figures.draw_calibration_curve(CalibrationCurve([0.1, 0.9], [0.2, 0.8], [5, 7])).data
    assert (list(curve.x), list(curve.y), list(curve.customdata)) == ([0.1, 0.9], [0.2, 0.8], [5, 7])


@pytest.mark.parametrize(
    ("series", "has_legend"),
    [({"value": [1.0, 2.0]}, False), ({"precision": [1, 1], "recall": [1, 0]}, True)],
)
def test_the_chosen_threshold_is_marked(series: dict[str, list[float]], has_legend: bool) -> None:
    drawing = figures.draw_threshold_curve(ThresholdCurve([0.0, 1.0], series, 0.25))
    assert [trace.name for trace in drawing.data] == list(series)
    assert drawing.layout.annotations[0].text == "chosen: 0.25"
    assert drawing.layout.showlegend is has_legend


@pytest.mark.parametrize(("n_classes", "template"), [(2, "%{text}"), (13, None)])
def test_the_cells_of_few_classes_have_their_counts(n_classes: int, template: str | None) -> None:
    counts = [[3 if i == j else 1 for j in range(n_classes)] for i in range(n_classes)]
    counts[0] = [0] * n_classes
    (cells,) = figures.draw_confusion_matrix(ConfusionMatrix([str(i) for i in range(n_classes)], counts)).data
    assert cells.texttemplate == template
    assert cells.z[0].tolist() == [0.0] * n_classes
    assert cells.z[1].sum() == pytest.approx(1.0)


def test_errors_are_drawn_by_prediction_and_by_size() -> None:
    rows = Residuals([1.0, 5.0], [2.0, 3.0], [-2.0, 1.0], [1, 1])
    diagonal, points = figures.draw_predictions(rows).data
    assert (list(diagonal.x), list(points.x), list(points.y)) == ([1, 5], [1, 5], [2, 3])
    (errors,) = figures.draw_residuals(rows).data
    assert errors.y.tolist() == [1, -2]
    (bars,) = figures.draw_error_distribution(rows).data
    assert (list(bars.x), list(bars.y)) == ([-2, 1], [1, 1])


def test_a_column_that_the_model_hardly_needs_is_grey() -> None:
    items = (Importance("a", 0.5, 0.1), Importance("b", 0.05, 0.1))
    (bars,) = figures.draw_importances(items, "ROC AUC").data
    assert bars.marker.color[0] != bars.marker.color[1]
    assert list(bars.x) == [0.5, 0.05]


def test_names_are_neither_markup_nor_numbers_in_the_drawing() -> None:
    items = (Importance("<b>x</b>", 0.5, 0.1), Importance("2020", 0.05, 0.1))
    drawing = figures.draw_importances(items, "ROC AUC")
    assert list(drawing.data[0].y) == ["&lt;b&gt;x&lt;/b&gt;", "2020"]
    assert drawing.layout.yaxis.type == "category"
