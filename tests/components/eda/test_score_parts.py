import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

from components._problem.task import TaskKind
from components.eda.score_parts import compute_score_parts

RNG = np.random.default_rng(0)
N = 300
CODES = RNG.integers(0, 3, N)
# With ties.
SCORES = np.round(RNG.random(N) + 0.3 * (CODES > 0), 1)
WEIGHTS = RNG.random(N) + 0.5
SHARES = RNG.dirichlet([1, 1, 1], N)


@pytest.mark.parametrize("weights", [np.ones(N), WEIGHTS], ids=["equal weights", "weights"])
def test_the_mean_of_the_parts_is_the_score(weights: np.ndarray) -> None:
    is_positive = (CODES > 0).astype(int)
    squared = mean_squared_error(SCORES, SHARES[:, 0], sample_weight=weights)
    cases: list[tuple[TaskKind, np.ndarray, np.ndarray, float]] = [
        ("binary", is_positive, SCORES, roc_auc_score(is_positive, SCORES, sample_weight=weights)),
        ("multiclass", CODES, SHARES, log_loss(CODES, SHARES, sample_weight=weights)),
        ("regression", SCORES, SHARES[:, 0], np.sqrt(squared)),
    ]
    for kind, y, predicted, expected in cases:
        parts = compute_score_parts(kind, y, predicted, weights)
        assert np.average(parts, weights=weights) == pytest.approx(expected)


def test_the_spread_of_the_parts_is_that_of_the_score_over_samples() -> None:
    scores, errors = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = (rng.random(200) < 0.3).astype(int)
        predicted = y + rng.normal(size=200)
        scores.append(roc_auc_score(y, predicted))
        parts = compute_score_parts("binary", y, predicted, np.ones(200))
        errors.append(parts.std() / np.sqrt(200))
    assert np.mean(errors) == pytest.approx(np.std(scores), rel=0.1)


def test_perfect_numbers_have_no_error() -> None:
    y = np.arange(5.0)
    assert compute_score_parts("regression", y, y, np.ones(5)).tolist() == [0.0] * 5
