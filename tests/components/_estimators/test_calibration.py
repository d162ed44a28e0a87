import numpy as np
import pytest
from scipy.special import expit, logit

from components._estimators.calibration import compute_log_losses, fit_calibration

N = 20_000


def test_slope_and_intercept_of_two_classes_are_found() -> None:
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.05, 0.95, N)
    predicted = expit(2 * logit(chance) + 1)
    y = (rng.random(N) < chance).astype(int)
    slope, intercept = fit_calibration(y, np.column_stack([1 - predicted, predicted]), None)
    assert (slope, intercept) == (pytest.approx(0.5, abs=0.05), pytest.approx(-0.5, abs=0.05))


def test_more_classes_have_a_slope_only() -> None:
    rng = np.random.default_rng(0)
    share = rng.dirichlet([1, 1, 1], N)
    y = (rng.random((N, 1)) > share.cumsum(axis=1)).sum(axis=1)
    sharp = share**2 / (share**2).sum(axis=1, keepdims=True)
    assert fit_calibration(y, sharp, None) == (pytest.approx(0.5, abs=0.05), 0)


def test_rows_count_by_their_weight() -> None:
    predicted = np.full((100, 2), 0.5)
    y = np.arange(100) % 2
    _, intercept = fit_calibration(y, predicted, np.where(y == 1, 3.0, 1.0))
    assert intercept == pytest.approx(np.log(3), abs=0.01)


def test_log_loss_is_that_of_the_true_class() -> None:
    losses = compute_log_losses(np.array([0, 1]), np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert losses == pytest.approx([np.log(2), -np.log(1e-12)])
