import numpy as np
import pytest

from components._metrics.bootstrap import RESAMPLES, estimate_interval, resample_statistics
from components._metrics.estimate import Estimate


def _compute_shares(counts: np.ndarray) -> np.ndarray:
    return counts @ np.repeat([1.0, 0.0], 50) / counts.sum(axis=1)


def test_an_interval_is_that_of_the_mean() -> None:
    # The share of 50 in 100 rows has a standard error of 0.05.
    resampled = resample_statistics([_compute_shares], np.zeros(100), is_class=False, seed=1)[:, 0]
    found = estimate_interval(0.5, resampled)
    assert (found.low, found.high) == pytest.approx((0.402, 0.598), abs=0.02)


def test_equal_seeds_give_equal_resamples_and_others_do_not() -> None:
    one, same, other = (
        resample_statistics([_compute_shares], np.zeros(100), is_class=False, seed=seed)[:, 0]
        for seed in (1, 1, 2)
    )
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()


def test_resamples_are_drawn_anew_until_every_class_is_there() -> None:
    y = np.array([0] * 10 + [1])
    rare = resample_statistics([lambda counts: counts[:, 10]], y, is_class=True, seed=0)[:, 0]
    assert (len(rare), rare.min()) == (RESAMPLES, 1)


def test_classes_too_rare_for_resamples_leave_the_figure_without_an_interval() -> None:
    resampled = resample_statistics([lambda counts: counts[:, 0]], np.arange(12), is_class=True, seed=0)
    assert estimate_interval(0.5, resampled[:, 0]) == Estimate(0.5)
