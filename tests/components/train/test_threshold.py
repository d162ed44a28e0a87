from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from components._problem.spec import OutcomeValue, Problem
from components.train.threshold import choose_threshold
from tests.components._model.tables import make_problem


def _make_table(seed: int, n_rows: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Return a target and probabilities, many of them equal."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < 0.3).astype(np.int64)
    positive = np.clip(np.round(0.25 * y + rng.random(n_rows) * 0.7, 2), 0, 1)
    return y, np.column_stack([1 - positive, positive])


def _find_best(y: np.ndarray, table: np.ndarray, figure: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """Return the best figure that any threshold reaches, above all probabilities included."""
    thresholds = [*table[:, 1], 2.0]
    return max(figure(y, (table[:, 1] >= threshold).astype(int)) for threshold in thresholds)


def _decide(table: np.ndarray, threshold: float) -> np.ndarray:
    return (table[:, 1] >= threshold).astype(int)


WORTHS = [
    OutcomeValue(tp=100, fp=-10, fn=-50),
    OutcomeValue(tp=10, fp=-100),
    OutcomeValue(tp=-1, fp=-1),
    OutcomeValue(fn=-1, tn=-1),
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("worth", WORTHS)
@pytest.mark.parametrize("metric", ["value", "roc_auc", "accuracy"])
def test_where_outcomes_have_a_worth_no_threshold_is_worth_more(
    seed: int, worth: OutcomeValue, metric: str
) -> None:
    y, table = _make_table(seed)

    def compute_mean_worth(y: np.ndarray, decided: np.ndarray) -> float:
        table = np.array([[worth.tn, worth.fp], [worth.fn, worth.tp]])
        return float(table[y, decided].mean())

    threshold = choose_threshold(y, table, make_problem("binary", metric=metric, value=worth))
    assert threshold.reason == "the worth of the outcomes"
    assert compute_mean_worth(y, _decide(table, threshold.value)) == pytest.approx(
        _find_best(y, table, compute_mean_worth)
    )
    for candidate, figure in zip(threshold.thresholds, threshold.curve, strict=True):
        assert figure == pytest.approx(compute_mean_worth(y, _decide(table, candidate)))


@pytest.mark.slow_variants
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("metric", "reason", "figure"),
    [
        ("roc_auc", "F1", f1_score),
        ("neg_log_loss", "F1", f1_score),
        ("f1", "f1", f1_score),
        ("accuracy", "accuracy", accuracy_score),
        ("recall", "recall", recall_score),
    ],
)
def test_the_threshold_is_the_best_there_is_for_the_figure_it_is_judged_by(
    seed: int, metric: str, reason: str, figure: Callable[[np.ndarray, np.ndarray], float]
) -> None:
    y, table = _make_table(seed)
    threshold = choose_threshold(y, table, make_problem("binary", metric=metric))
    assert threshold.reason == reason
    candidates = [figure(y, _decide(table, candidate)) for candidate in threshold.thresholds]
    np.testing.assert_allclose(threshold.curve, candidates, atol=1e-12)
    assert figure(y, _decide(table, threshold.value)) == pytest.approx(max(candidates))
    # With fewer distinct probabilities than candidates all are compared, but to decide for none.
    np.testing.assert_array_equal(threshold.thresholds, np.unique(table[:, 1]))


def test_an_error_of_decisions_is_drawn_as_people_write_it_and_made_small() -> None:
    y, table = _make_table(0)
    threshold = choose_threshold(y, table, make_problem("binary", metric="neg_negative_likelihood_ratio"))
    assert threshold.reason == "negative_likelihood_ratio"
    assert threshold.curve.min() >= 0
    at = threshold.thresholds.tolist().index(threshold.value)
    assert threshold.curve[at] == threshold.curve.min()


def test_probabilities_of_single_precision_are_decided_on_as_they_are() -> None:
    y, table = _make_table(1, 400)
    single = (table * 0.9999).astype(np.float32)
    threshold = choose_threshold(y, single, make_problem("binary", metric="accuracy"))
    for candidate, figure in zip(threshold.thresholds, threshold.curve, strict=True):
        assert figure == accuracy_score(y, _decide(single, candidate))


def test_many_rows_are_compared_at_two_hundred_thresholds_at_most() -> None:
    y = np.arange(5000) % 2
    positive = np.random.default_rng(0).random(5000)
    question: Problem = make_problem("binary", metric="f1")
    threshold = choose_threshold(y, np.column_stack([1 - positive, positive]), question)
    assert 190 <= len(threshold.thresholds) <= 200
    assert set(threshold.thresholds) <= set(positive)


@pytest.mark.parametrize(
    "settings", [{"metric": "roc_auc"}, {"metric": "accuracy"}, {"value": OutcomeValue(tp=3, fp=-1)}]
)
def test_a_row_of_weight_2_counts_as_two(settings: dict[str, Any]) -> None:
    y, table = _make_table(1)
    weights = np.random.default_rng(0).integers(1, 4, len(y))
    twice = np.repeat(np.arange(len(y)), weights)
    problem = make_problem("binary", **settings)
    weighted = choose_threshold(y, table, problem, weights / weights.mean())
    repeated = choose_threshold(y[twice], table[twice], problem)
    common = np.isin(weighted.thresholds, repeated.thresholds)
    assert common.sum() > 10
    assert weighted.curve[common] == pytest.approx(
        repeated.curve[np.searchsorted(repeated.thresholds, weighted.thresholds[common])]
    )
    assert weighted.value == repeated.value
