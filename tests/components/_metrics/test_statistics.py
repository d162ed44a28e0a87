import warnings

import numpy as np
import pytest

from components._metrics.scores import compute_score
from components._metrics.statistics import build_statistic, score_all_rows
from components._problem.metrics import SCORERS, UNWEIGHED, VALUE
from components._problem.spec import Problem

BINARY = Problem.model_validate(
    {
        "target": "y",
        "task": "binary",
        "metric": "roc_auc",
        "classes": (0, 1),
        "positive_label": 1,
        "value": {"tp": 7, "fp": -2, "fn": -1, "tn": 0.5},
    }
)
MULTICLASS = Problem.model_validate(
    {"target": "y", "task": "multiclass", "metric": "accuracy", "classes": ("a", "b", "c")}
)
REGRESSION = Problem.model_validate({"target": "y", "task": "regression", "metric": "r2"})

# Equal in every resample: the best two of two classes are all; the worst row is in each.
CONSTANT = (("regression", "neg_max_error"),)


def _draw_case(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """A target and predictions for it, with ties."""
    rng = np.random.default_rng(5)
    if problem.kind == "regression":
        values = rng.gamma(2.0, size=60)
        return values, np.round(values + rng.normal(scale=0.3, size=60) + 2, 1)
    k = len(problem.classes)
    y = rng.integers(k, size=60)
    raw = np.round(rng.random((60, k)) + np.eye(k)[y] * 0.3, 1) + 0.05
    return y, raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("problem", "scorer"),
    [(problem, name) for problem in (BINARY, MULTICLASS, REGRESSION) for name in SCORERS[problem.kind]]
    + [(BINARY, VALUE)],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_a_resample_scores_as_scikit_learn_scores_its_repeated_rows(problem: Problem, scorer: str) -> None:
    y, predictions = _draw_case(problem)
    threshold = 0.4 if problem.kind == "binary" else None
    counts = np.random.default_rng(0).multinomial(60, [1 / 60] * 60, size=3).astype(float)
    found = build_statistic(scorer, y, predictions, problem, threshold)(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [
            compute_score(scorer, y[rows], predictions[rows], problem, threshold)
            for rows in (np.repeat(np.arange(60), row.astype(int)) for row in counts)
        ]
    assert found == pytest.approx(expected, rel=1e-9)
    # Otherwise a constant would pass.
    assert np.ptp(found) > 0 or (problem.kind, scorer) in CONSTANT


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        ("accuracy", 0.5),
        ("neg_brier_score", -0.17),
        ("neg_log_loss", -0.5108256),
        ("roc_auc", None),
        ("average_precision", None),
        ("recall", None),
        ("balanced_accuracy", None),
        ("d2_brier_score", None),
    ],
)
def test_rows_of_one_class_leave_undefined_what_compares_classes(scorer: str, expected: float | None) -> None:
    predictions = np.array([[0.9, 0.1], [0.4, 0.6]])
    found = score_all_rows(scorer, np.array([0, 0]), predictions, BINARY, 0.5)
    if scorer == "neg_brier_score":
        expected = -(0.1**2 + 0.6**2) / 2
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-6))


def test_rows_without_one_of_several_classes_leave_only_its_area_undefined() -> None:
    y = np.array([0, 1, 0, 1])
    predictions = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.2, 0.2], [0.4, 0.5, 0.1]])
    assert score_all_rows("roc_auc_ovr", y, predictions, MULTICLASS, None) is None
    assert score_all_rows("neg_log_loss", y, predictions, MULTICLASS, None) == pytest.approx(
        np.log([0.7, 0.7, 0.6, 0.5]).mean()
    )


@pytest.mark.parametrize(
    ("scorer", "y"),
    [("r2", [0.1, 0.1, 0.1]), ("neg_mean_squared_log_error", [-2.0, 1.0, 2.0])],
)
def test_a_regression_metric_is_undefined_rather_than_wrong(scorer: str, y: list[float]) -> None:
    assert score_all_rows(scorer, np.array(y), np.array([1.0, 2.0, 3.0]), REGRESSION, None) is None


@pytest.mark.parametrize(
    ("problem", "scorer"),
    [
        (problem, name)
        for problem in (BINARY, MULTICLASS, REGRESSION)
        for name in (*SCORERS[problem.kind], *([VALUE] if problem is BINARY else []))
        if name not in UNWEIGHED
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_weighted_rows_score_as_scikit_learn_weighs_them(problem: Problem, scorer: str) -> None:
    y, predictions = _draw_case(problem)
    threshold = 0.4 if problem.kind == "binary" else None
    weights = np.random.default_rng(1).uniform(0.2, 3, 60)
    weights /= weights.mean()
    found = score_all_rows(scorer, y, predictions, problem, threshold, weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = compute_score(scorer, y, predictions, problem, threshold, weights)
        equal = compute_score(scorer, y, predictions, problem, threshold)
    # scikit-learn's weighted median is an error that occurs; ours is the mean of the middle two.
    assert found == pytest.approx(expected, rel=0.1 if "median" in scorer else 1e-9)
    top_of_two = problem.kind == "binary" and "top_k" in scorer
    assert found != pytest.approx(equal, rel=1e-9) or scorer == "neg_max_error" or top_of_two
