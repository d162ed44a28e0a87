import json
from typing import Any

import numpy as np
import pytest
from kfp.dsl import ClassificationMetrics
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from components._metrics.scores import compute_mean_value
from components._problem.spec import Problem
from components.evaluate.contenders import Contender
from components.evaluate.curves import (
    MOST_POINTS,
    Curves,
    build_classification_metadata,
    compute_calibration_curve,
    compute_curves,
    compute_gain_curve,
    compute_residuals,
    compute_score_histogram,
    compute_threshold_curve,
    list_lifts,
)

Y = np.array([0, 1, 0, 1, 1, 0])
POSITIVE = np.array([0.1, 0.9, 0.4, 0.4, 0.7, 0.3])


def _make_problem(**more: Any) -> Problem:
    known = {"target": "y", "task": "binary", "metric": "roc_auc"}
    return Problem.model_validate({**known, "classes": (False, True), "positive_label": True, **more})


def _compute_curves(
    positive: np.ndarray = POSITIVE, y: np.ndarray = Y, threshold: float | None = 0.4
) -> Curves:
    return compute_curves(
        Contender("any", np.column_stack([1 - positive, positive]), threshold), y, _make_problem()
    )


def test_the_metadata_is_what_kfp_would_log() -> None:
    logged = ClassificationMetrics(name="curves", uri="curves", metadata={})
    mistaken, found, at = roc_curve(Y, POSITIVE)
    logged.log_roc_curve(mistaken.tolist(), found.tolist(), np.clip(at, 0, 1).tolist())
    matrix = confusion_matrix(Y, POSITIVE >= 0.4).tolist()
    logged.log_confusion_matrix(["False", "True"], matrix)
    assert build_classification_metadata(_compute_curves()) == logged.metadata


def test_the_metadata_of_many_rows_is_small_finite_plain_and_true() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=5000)
    positive = np.clip(rng.normal(0.4 + 0.2 * y, 0.2), 0, 1)
    metadata = build_classification_metadata(_compute_curves(positive, y))
    points: Any = metadata["confidenceMetrics"]
    assert len(points) <= MOST_POINTS
    assert json.loads(json.dumps(metadata, allow_nan=False)) == metadata
    assert all(0 <= point["confidenceThreshold"] <= 1 for point in points)
    area = np.trapezoid(
        [point["recall"] for point in points], [point["falsePositiveRate"] for point in points]
    )
    assert area == pytest.approx(roc_auc_score(y, positive), abs=0.002)


def test_rows_of_one_class_have_a_confusion_matrix_and_no_curve() -> None:
    curves = _compute_curves(POSITIVE, np.ones(6, dtype=int))
    assert list(build_classification_metadata(curves)) == ["confusionMatrix"]
    assert curves.confusion is not None
    assert curves.confusion.counts == [[0, 0], [2, 4]]


def test_several_classes_have_a_confusion_matrix_of_their_labels() -> None:
    problem = Problem.model_validate(
        {"target": "y", "task": "multiclass", "metric": "accuracy", "classes": (1, 2, 3)}
    )
    model = Contender("any", np.eye(3)[[0, 2, 2]], None)
    metadata = build_classification_metadata(compute_curves(model, np.array([0, 1, 2]), problem))
    assert metadata == {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": "1"}, {"displayName": "2"}, {"displayName": "3"}],
            "rows": [{"row": [1, 0, 0]}, {"row": [0, 0, 1]}, {"row": [0, 0, 1]}],
        }
    }


def test_a_regression_logs_no_curves() -> None:
    problem = Problem.model_validate({"target": "y", "task": "regression", "metric": "r2"})
    curves = compute_curves(Contender("any", np.array([1.0, 2.0]), None), np.array([1.0, 3.0]), problem)
    assert build_classification_metadata(curves) == {}
    assert curves.residuals is not None


def test_calibration_bins_hold_equally_many_rows() -> None:
    positive = np.linspace(0, 1, 100)
    found = compute_calibration_curve((positive > 0.5).astype(int), positive)
    assert found.rows == [10] * 10
    assert found.observed == [0.0] * 5 + [1.0] * 5
    assert found.predicted == pytest.approx(np.arange(0.05, 1, 0.1), abs=0.01)


@pytest.mark.parametrize("n", [1, 12, 100])
def test_equal_probabilities_are_one_bin(n: int) -> None:
    found = compute_calibration_curve(np.ones(n, dtype=int), np.full(n, 0.3))
    assert (found.predicted, found.observed, found.rows) == (pytest.approx([0.3]), [1.0], [n])


def test_the_threshold_curve_is_that_of_the_decisions() -> None:
    found = compute_threshold_curve(Y, POSITIVE, _make_problem(), None)
    assert found.chosen == 0.5
    for i, at in enumerate(found.thresholds):
        decisions = at <= POSITIVE
        assert found.series["precision"][i] == pytest.approx(precision_score(Y, decisions, zero_division=1))
        assert found.series["recall"][i] == pytest.approx(recall_score(Y, decisions))
        assert found.series["F1"][i] == pytest.approx(f1_score(Y, decisions))


def test_the_worth_curve_is_that_of_the_decisions() -> None:
    problem = _make_problem(value={"tp": 10, "fp": -3, "fn": -1, "tn": 0.5})
    assert problem.value is not None
    found = compute_threshold_curve(Y, POSITIVE, problem, 0.4)
    expected = [compute_mean_value(Y, (at <= POSITIVE).astype(int), problem.value) for at in found.thresholds]
    assert found.series == {"worth per row": pytest.approx(expected)}
    assert (found.thresholds[0], found.thresholds[-1]) == (0.0, 1.0)


def test_residuals_count_every_row_and_draw_a_thousand() -> None:
    y = np.arange(3000.0)
    found = compute_residuals(y, y[::-1] * 0 + 5)
    assert (len(found.actual), sum(found.rows)) == (1000, 3000)
    small = compute_residuals(np.array([1.0, 5.0]), np.array([3.0, 2.0]))
    assert (small.actual, small.predicted) == ([5.0, 1.0], [2.0, 3.0])


def test_the_gain_is_the_share_of_positives_among_the_likeliest_rows() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(1_000) < 0.3).astype(int)
    positive = rng.random(1_000) + y
    curve = compute_gain_curve(y, positive)
    likeliest = np.argsort(-positive)[:200]
    assert curve.found_shares[20] == pytest.approx(y[likeliest].sum() / y.sum())
    assert (curve.found_shares[0], curve.found_shares[-1]) == (0.0, 1.0)
    assert curve.positive_share == y.mean()


def test_rows_of_equal_probability_are_found_in_any_order() -> None:
    curve = compute_gain_curve(np.array([1, 0, 0, 1]), np.array([0.5, 0.5, 0.5, 0.5]))
    assert curve.found_shares == pytest.approx(curve.row_shares)


def test_the_lift_is_the_gain_over_chance_where_there_are_enough_rows() -> None:
    y = np.array([1] * 20 + [0] * 80)
    curve = compute_gain_curve(y, np.linspace(1, 0, 100))
    assert list_lifts(curve, 100) == [
        ("10%", 10, "50%", "5"),
        ("20%", 20, "100%", "5"),
        ("50%", 50, "100%", "2"),
    ]


def test_probabilities_are_counted_by_class() -> None:
    histogram = compute_score_histogram(Y, POSITIVE + 0.02, ("no", "yes"), None)
    assert (sum(histogram.negative), sum(histogram.positive)) == pytest.approx((1, 1))
    filled = [middle for middle, share in zip(histogram.middles, histogram.negative, strict=True) if share]
    assert filled == pytest.approx([0.125, 0.325, 0.425])
    assert (histogram.threshold, len(histogram.middles)) == (0.5, 20)
