from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from components._metrics.bootstrap import estimate_interval
from components._metrics.estimate import Estimate
from components._metrics.paired_resamples import ScoredModel, resample_scores
from components._metrics.statistics import score_all_rows
from components._problem.spec import Problem
from components.evaluate.evaluation import UsedRows
from components.evaluate.power import compute_smallest_difference, count_rows_to_settle, describe_power
from tests.components.evaluate.test_report import EVALUATION

N_ROWS = 500
N_TABLES = 1_000
BINARY = {"target": "y", "task": "binary", "classes": (0, 1), "positive_label": 1}
# Predictions of two models and the target, from a generator and the size of the effect.
Draw = Callable[[np.random.Generator, float], tuple[np.ndarray, np.ndarray, np.ndarray]]


def _draw_decisions(rng: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models that err on different rows."""
    y = rng.integers(2, size=N_ROWS)
    errors = rng.random((2, N_ROWS)) < np.array([[0.2], [0.2 + effect]])
    both = [np.where(wrong, 1 - y, y) for wrong in errors]
    return *(np.column_stack([1 - d, d]).astype(np.float64) for d in both), y  # type: ignore[return-value]


def _draw_scores(rng: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models that share most of what they know."""
    y = rng.integers(2, size=N_ROWS)
    shared = y + rng.normal(size=N_ROWS)
    positives = [1 / (1 + np.exp(-shared - s * rng.normal(size=N_ROWS))) for s in (0.3, 0.3 + effect)]
    return *(np.column_stack([1 - p, p]) for p in positives), y  # type: ignore[return-value]


def _draw_values(rng: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models whose errors differ in size."""
    y = rng.normal(size=N_ROWS)
    shared = y + rng.normal(size=N_ROWS)
    return shared, shared + effect * rng.normal(size=N_ROWS), y


def _compare(problem: Problem, draw: Draw, effect: float, seed: int) -> Estimate:
    ours, theirs, y = draw(np.random.default_rng([seed, 7]), effect)
    threshold = None if problem.kind == "regression" else 0.5
    models = [
        ScoredModel(p, threshold, {problem.metric: score_all_rows(problem.metric, y, p, problem, threshold)})
        for p in (ours, theirs)
    ]
    scores = [model.scores[problem.metric] for model in models]
    assert scores[0] is not None
    assert scores[1] is not None
    resampled = resample_scores(models, y, problem, seed, None, 1 << 30).scores
    return estimate_interval(scores[0] - scores[1], resampled[:, 0] - resampled[:, 1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "draw", "effect"),
    [
        ({**BINARY, "metric": "accuracy"}, _draw_decisions, 0.08),
        ({**BINARY, "metric": "roc_auc"}, _draw_scores, 0.56),
        ({"target": "y", "task": "regression", "metric": "neg_mean_absolute_error"}, _draw_values, 0.32),
    ],
    ids=["accuracy", "ROC AUC", "MAE"],
)
def test_the_stated_power_is_the_share_of_test_tables_that_show_the_difference(
    settings: dict[str, object], draw: Draw, effect: float
) -> None:
    problem = Problem.model_validate(settings)
    found = [_compare(problem, draw, effect, seed) for seed in range(N_TABLES)]
    true_difference = np.mean([over.value for over in found])
    smallest = np.mean([compute_smallest_difference(over) or np.nan for over in found])
    # The effects were chosen so that the true difference is about the stated one.
    assert true_difference == pytest.approx(smallest, rel=0.1)
    normal = NormalDist()
    errors = true_difference / smallest * (normal.inv_cdf(0.975) + normal.inv_cdf(0.8))
    stated = normal.cdf(float(errors) - normal.inv_cdf(0.975))
    observed = np.mean([over.low is not None and over.low > 0 for over in found])
    assert observed == pytest.approx(stated, abs=0.03)


def test_the_smallest_difference_is_wider_than_half_the_interval() -> None:
    assert compute_smallest_difference(Estimate(0.0, -0.02, 0.02)) == pytest.approx(
        0.02 * 2.80159 / 1.95996, rel=1e-4
    )
    assert compute_smallest_difference(Estimate(0.01)) is None


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (Estimate(0.0142942, -0.01, 0.03), 400),
        (Estimate(0.02, -0.001, 0.041), 226),
        (Estimate(0.03, 0.01, 0.05), None),
        (Estimate(-0.03, -0.05, -0.01), None),
        (Estimate(0.0, -0.01, 0.01), None),
        (Estimate(0.1), None),
    ],
)
def test_an_open_comparison_needs_more_rows(over: Estimate, expected: int | None) -> None:
    n_rows = 100
    found = count_rows_to_settle(over, n_rows)
    assert found == (expected and pytest.approx(expected, abs=1))


@pytest.mark.parametrize(
    ("over", "title", "expected"),
    [
        (Estimate(0.1, 0.05, 0.2), "LightGBM", ["by 0.107 ROC AUC, 2,000 test rows would show it in 80"]),
        (Estimate(0.01, -0.01, 0.03), "LightGBM", ["by 0.029 ROC AUC", "about 14,000 more test rows"]),
        (Estimate(0.001, -0.02, 0.02), "LightGBM", ["by 0.029 ROC AUC", "more than 100 times as many"]),
        (Estimate(0.01, -0.01, 0.03), "Linear model", []),
        (Estimate(0.01), "LightGBM", []),
        (None, "LightGBM", []),
        (Estimate(0.0, 0.0, 0.0), "LightGBM", []),
    ],
)
def test_the_power_is_stated_in_rows_and_in_the_metric(
    over: Estimate | None, title: str, expected: list[str]
) -> None:
    used = UsedRows(2_000, 2_000, 10, 10)
    found = describe_power(replace(EVALUATION, over_simple=over, title=title, used=used))
    assert len(found) == len(expected)
    assert all(words in sentence for words, sentence in zip(expected, found, strict=True))
