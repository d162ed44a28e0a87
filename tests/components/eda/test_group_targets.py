import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from components.eda.distributions import Distribution
from components.eda.group_targets import TargetCounter, compute_group_targets, compute_wilson_intervals
from components.eda.target import Target

BINARY = Target("y", 4, ("no", "yes"), (1, 3))
THREE = Target("y", 4, ("a", "b", "c"), (1, 1, 2))
MANY = Target("y", 6, tuple("abcdef"), (1,) * 6)


def _build_regression(y):
    y = np.asarray(y, dtype=float)
    distribution = Distribution(
        len(y), len(y), y.min(), y.max(), np.empty(0), 0.0, float(y.mean()), float(y.std(ddof=1))
    )
    return Target("y", len(y), distribution=distribution)


def _compute(groups, y, target, n_parts=1):
    counter = TargetCounter(max(groups) + 2, target)
    for part, values in zip(np.array_split(groups, n_parts), np.array_split(y, n_parts), strict=True):
        counter.add(part, values)
    return compute_group_targets(counter, target)


def test_a_rate_has_the_interval_of_wilson():
    found = _compute([0] * 9 + [1], np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 1]), BINARY)
    expected = binomtest(2, 9).proportion_ci(method="wilson")
    assert (found.values[0], found.overall) == pytest.approx((2 / 9, 0.75))
    assert (found.lows[0], found.highs[0]) == pytest.approx((expected.low, expected.high), rel=1e-6)
    assert found.highs[1] == 1
    assert np.isnan([found.values[2], found.lows[2], found.highs[2]]).all()


def test_intervals_of_rates_hold_the_true_rate_as_often_as_they_say():
    counts = np.random.default_rng(0).binomial(50, 0.1, 4_000)
    lows, highs = compute_wilson_intervals(counts / 50, np.full(4_000, 50))
    assert ((lows <= 0.1) & (highs >= 0.1)).mean() == pytest.approx(0.95, abs=0.025)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30), st.integers(1, 4))
def test_a_mean_has_the_interval_of_student_whatever_the_batches(y, n_parts):
    y = np.array(y)
    target = _build_regression(y)
    found = _compute([0] * (len(y) - 1) + [1], y, target, n_parts)
    some = y[:-1]
    error = some.std(ddof=1) / np.sqrt(len(some))
    reach = t.ppf(0.975, len(some) - 1) * error
    scale = np.abs(y).max() + 1
    assert found.values[0] == pytest.approx(some.mean(), abs=1e-9 * scale)
    assert found.highs[0] - found.values[0] == pytest.approx(reach, abs=1e-5 * scale)
    # One row tells nothing about the spread.
    assert np.isnan([found.lows[1], found.highs[1]]).all()
    assert found.values[1] == pytest.approx(y[-1], abs=1e-9 * scale)


def test_the_digits_of_distant_targets_are_kept():
    y = 1e12 + np.array([1.0, 2.0, 3.0, 4.0])
    found = _compute([0, 0, 1, 1], y, _build_regression(y))
    assert (found.values[:2] - 1e12).tolist() == pytest.approx([1.5, 3.5], abs=1e-3)


def test_a_target_of_one_value_has_that_mean_everywhere():
    found = _compute([0, 0, 1], np.array([7.0, 7, 7]), _build_regression([7.0, 7, 7]))
    assert (found.values[0], found.lows[0], found.highs[0]) == (7, 7, 7)


@pytest.mark.parametrize(
    ("target", "y", "shares"),
    [
        (THREE, [0, 1, 2, 2], [[1 / 3, 1 / 3, 1 / 3], [0, 0, 1], [0, 0, 0]]),
        (MANY, [0, 1, 4, 5], [[1 / 3, 1 / 3, 0, 0, 1 / 3], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]),
    ],
)
def test_drawn_classes_have_shares(target, y, shares):
    found = _compute([0, 0, 0, 1], np.array(y), target)
    assert found.counts.tolist() == [3, 1, 0]
    np.testing.assert_allclose(found.shares, shares)
    assert (len(found.values), np.isnan(found.overall)) == (0, True)


def test_some_groups_keep_what_belongs_to_them():
    found = _compute([0, 1, 1], np.array([0, 1, 0]), BINARY).select(np.array([1]))
    assert (found.counts.tolist(), found.values.tolist(), found.shares.tolist()) == ([2], [0.5], [[0.5, 0.5]])
    assert _compute([0, 1, 1], np.array([0, 1, 2]), THREE).select(np.array([1])).counts.tolist() == [2]


def test_a_group_of_zeros_has_the_mean_zero():
    y = np.array([0.0] * 36 + [2.15, 1.1, 0.7, 9.96] * 50)
    found = _compute([0] * 36 + [1] * 200, y, _build_regression(y))
    assert found.values[0] == 0
    assert found.values[1] == pytest.approx(3.4775)
