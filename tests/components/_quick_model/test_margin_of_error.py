import numpy as np
import pytest
from scipy.stats import t

from components._quick_model.margin_of_error import compute_mean_and_margin


def test_rows_of_a_cluster_count_as_one_observation() -> None:
    values = np.array([1.0, -1.0, 2.0, 0.0])
    mean, margin = compute_mean_and_margin(values, np.arange(4))
    assert mean == 0.5
    assert margin == pytest.approx(t.ppf(0.977, 3) * values.std(ddof=1) / 2)
    twice = compute_mean_and_margin(np.repeat(values, 2), np.repeat(np.arange(4), 2))
    assert twice == pytest.approx((mean, margin))
    assert compute_mean_and_margin(values, np.zeros(4))[1] == float("inf")


def test_a_value_of_weight_two_counts_as_two_of_its_cluster() -> None:
    values, clusters = np.array([1.0, -1.0, 2.0, 0.0]), np.arange(4)
    weighted = compute_mean_and_margin(values, clusters, np.array([1.0, 2.0, 3.0, 1.0]))
    rows = np.repeat(clusters, [1, 2, 3, 1])
    assert weighted == pytest.approx(compute_mean_and_margin(values[rows], rows))
    assert weighted != pytest.approx(compute_mean_and_margin(values, clusters))


def test_the_margin_of_many_rows_is_two_standard_errors() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    _, margin = compute_mean_and_margin(values, np.arange(2000))
    assert margin == pytest.approx(2 * values.std() / np.sqrt(2000), rel=0.01)
