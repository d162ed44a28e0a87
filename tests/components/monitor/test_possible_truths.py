import numpy as np
import pytest
from scipy.special import expit, logit

from components.monitor.possible_truths import estimate_classes, estimate_jackknife_variance, estimate_values
from tests.predicted_rows import build_predicted_rows

N = 6_000
ONES = np.ones(N)


def test_overconfident_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.05, 0.95, N)
    rows = build_predicted_rows(expit(3 * logit(chance)), rng.random(N) < chance)
    old, new, _ = estimate_classes(rows, ONES, rows, [], 2, 0)
    for truths in (old, new):
        np.testing.assert_allclose(truths.share.sum(axis=1), 1)
        assert np.abs(truths.share[:, 1] - chance).mean() < 0.03


def test_probabilities_that_are_wrong_in_a_part_of_the_rows_are_corrected_there() -> None:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 2, N).astype(float)
    chance = np.where(part == 1, 0.9, 0.3)
    rows = build_predicted_rows(np.full(N, 0.6), rng.random(N) < chance, part=part)
    windows = build_predicted_rows([0.6, 0.6], part=[0.0, 1.0])
    _, new, _ = estimate_classes(rows, ONES, windows, ["part"], 2, 0)
    np.testing.assert_allclose(new.share[:, 1], [0.3, 0.9], atol=0.03)


def test_three_classes_have_three_possible_truths() -> None:
    rng = np.random.default_rng(0)
    share = rng.dirichlet([1, 1, 1], N)
    truth = (rng.random((N, 1)) > share.cumsum(axis=1)).sum(axis=1)
    rows = build_predicted_rows(share, truth)
    old, _, _ = estimate_classes(rows, ONES, rows, [], 3, 0)
    assert old.truth[0].tolist() == [0, 1, 2]
    assert np.abs(old.share - share).mean() < 0.05


@pytest.mark.parametrize("power", [1, 2])
def test_possible_values_are_as_far_away_as_the_errors(power: int) -> None:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 2, N).astype(float)
    spread = np.where(part == 1, 3.0, 1.0)
    prediction = rng.normal(size=N)
    rows = build_predicted_rows(prediction, prediction + spread * rng.normal(size=N), part=part)
    windows = build_predicted_rows(rng.normal(size=N), part=part)
    _, new, _ = estimate_values(rows, ONES, windows, ["part"], power, 0)
    sizes = (np.abs(new.truth - windows.outputs) ** power * new.share).sum(axis=1)
    unit = np.sqrt(2 / np.pi) if power == 1 else 1
    assert sizes[part == 0].mean() == pytest.approx(unit, rel=0.1)
    assert sizes[part == 1].mean() == pytest.approx(3**power * unit, rel=0.1)


def test_an_exact_regression_has_one_possible_value() -> None:
    rows = build_predicted_rows(np.arange(100.0), np.arange(100.0))
    _, new, _ = estimate_values(rows, np.ones(100), rows, [], 2, 0)
    np.testing.assert_array_equal(new.truth, rows.outputs)


def test_the_jackknife_gives_the_variance_of_a_mean() -> None:
    parts = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    without = (parts.sum() - parts) / 4
    assert estimate_jackknife_variance(without) == pytest.approx(parts.var(ddof=1) / 5)
