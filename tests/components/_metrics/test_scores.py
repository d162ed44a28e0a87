import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.metrics import get_scorer

from components._metrics.scores import (
    choose_threshold_criterion,
    compute_mean_value,
    compute_score,
    compute_value_curve,
    decide,
    judges_decisions,
)
from components._problem.metrics import SCORERS, VALUE
from components._problem.spec import OutcomeValue, Problem
from components._problem.task import TASKS, TaskKind
from tests.components._model.tables import make_problem

# The two likeliest of two classes are always right, and scikit-learn warns of it.
TOP_TWO_OF_TWO = pytest.mark.filterwarnings("ignore:'k' .2. greater than or equal to 'n_classes' .2.")
WORTH = OutcomeValue(tp=100, fp=-12, fn=-3, tn=1)


def judge(kind: TaskKind) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a fitted estimator that makes some errors, and rows it has not seen."""
    n_classes = 3 if kind == "multiclass" else 2
    X, y = make_classification(
        400, 8, n_informative=5, n_redundant=0, n_classes=n_classes, class_sep=0.6, random_state=0
    )
    if kind == "regression":
        # Above 0, as some of the scorers want.
        y = np.exp(X[:, 0] / 2 + y)
    trees = ExtraTreesRegressor if kind == "regression" else ExtraTreesClassifier
    return trees(10, max_depth=5, random_state=0).fit(X[:200], y[:200]), X[200:], y[200:]


JUDGED = {kind: judge(kind) for kind in TASKS}


@TOP_TWO_OF_TWO
@pytest.mark.parametrize(("kind", "scorer"), [(kind, name) for kind in TASKS for name in SCORERS[kind]])
def test_recorded_predictions_score_as_the_estimator_itself(kind: TaskKind, scorer: str) -> None:
    estimator, X, y = JUDGED[kind]
    recorded = estimator.predict(X) if kind == "regression" else estimator.predict_proba(X)
    expected = get_scorer(scorer)(estimator, X, y)
    assert np.isfinite(expected)
    assert compute_score(scorer, y, recorded, make_problem(kind)) == pytest.approx(expected, rel=1e-12)


def test_a_threshold_moves_the_scores_of_decisions_alone() -> None:
    estimator, X, y = JUDGED["binary"]
    recorded = estimator.predict_proba(X)
    at = {t: compute_score("recall", y, recorded, make_problem("binary"), t) for t in (None, 0.01, 0.5, 0.99)}
    assert at[0.01] == 1.0 > at[0.5] == at[None] > at[0.99] == 0.0
    ranks = {compute_score("roc_auc", y, recorded, make_problem("binary"), t) for t in (None, 0.01, 0.99)}
    assert len(ranks) == 1


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_probabilities_of_single_precision_are_scored_without_complaint(kind: TaskKind) -> None:
    estimator, X, y = JUDGED[kind]
    recorded = estimator.predict_proba(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        single = compute_score("neg_log_loss", y, recorded.astype(np.float32), make_problem(kind))
    assert single == pytest.approx(compute_score("neg_log_loss", y, recorded, make_problem(kind)), rel=1e-5)


@pytest.mark.parametrize(
    ("probabilities", "threshold", "codes"),
    [
        ([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]], None, [0, 1, 0]),
        ([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]], 0.5, [0, 1, 1]),
        ([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]], 0.3, [1, 1, 1]),
        ([[0.0, 1.0], [0.4, 0.6]], np.nextafter(1.0, 2), [0, 0]),
        ([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], None, [1, 2]),
    ],
)
def test_decisions(probabilities: list[list[float]], threshold: float | None, codes: list[int]) -> None:
    decided = decide(np.array(probabilities), threshold)
    assert (decided.dtype, decided.tolist()) == (np.int64, codes)


@TOP_TWO_OF_TWO
@pytest.mark.parametrize("scorer", [*SCORERS["binary"], VALUE])
def test_a_scorer_that_judges_decisions_moves_with_the_threshold_and_no_other_does(scorer: str) -> None:
    estimator, X, y = JUDGED["binary"]
    recorded = estimator.predict_proba(X)
    question = make_problem("binary", value=WORTH)
    at = {compute_score(scorer, y, recorded, question, threshold) for threshold in (0.4, 0.5, 0.6)}
    assert judges_decisions(scorer) == (len(at) > 1)


def test_each_outcome_counts_with_its_worth() -> None:
    y, decisions = np.array([1, 1, 0, 0, 0]), np.array([1, 0, 1, 0, 0])
    assert compute_mean_value(y, decisions, WORTH) == (100 - 3 - 12 + 1 + 1) / 5


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("probabilities", "y"),
    [
        (np.random.default_rng(0).random(60).round(1), np.random.default_rng(1).integers(0, 2, 60)),
        (np.random.default_rng(2).random(60), np.random.default_rng(3).integers(0, 2, 60)),
        ([0.0, 1.0, 1.0], [0, 1, 0]),
        ([0.5, 0.5], [1, 0]),
        ([0.3], [1]),
        ([0.2, 0.9], [0, 0]),
    ],
)
def test_the_curve_has_the_value_of_every_decision_that_a_threshold_can_make(
    probabilities: Any, y: Any, precision: Any
) -> None:
    positive, y = np.asarray(probabilities, dtype=precision), np.asarray(y)
    thresholds, values = compute_value_curve(y, positive, WORTH)
    assert thresholds[0] > positive.max()
    np.testing.assert_array_equal(thresholds[1:], np.unique(positive)[::-1])
    both = np.column_stack([1 - positive, positive])
    expected = [compute_mean_value(y, decide(both, threshold), WORTH) for threshold in thresholds]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_the_value_of_a_model_is_taken_at_its_best_threshold_unless_one_is_given() -> None:
    estimator, X, y = JUDGED["binary"]
    recorded = estimator.predict_proba(X)
    question = make_problem("binary", metric=VALUE, value=WORTH)
    every = [
        compute_score(VALUE, y, recorded, question, t) for t in np.append(np.unique(recorded[:, 1]), 2.0)
    ]
    assert compute_score(VALUE, y, recorded, question) == pytest.approx(max(every))
    assert compute_score(VALUE, y, recorded, question, 2.0) == pytest.approx(np.where(y == 1, -3, 1).mean())


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("roc_auc", None, "F1"),
        ("accuracy", None, "accuracy"),
        ("neg_log_loss", None, "F1"),
        ("accuracy", {"tp": 1}, "the worth of the outcomes"),
    ],
)
def test_the_threshold_is_chosen_for_what_the_problem_says(
    metric: str, value: dict[str, float] | None, expected: str
) -> None:
    question = Problem(
        target="y",
        task="binary",
        metric=metric,
        classes=("n", "y"),
        positive_label="y",
        value=None if value is None else OutcomeValue(**value),
    )
    assert choose_threshold_criterion(question) == expected
