from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.eda.distributions import compute_distribution

SHARES = np.array([0, 0.05, 0.25, 0.5, 0.61, 0.75, 1])


def _compute(values, n_parts=1):
    ordered = np.sort(values)
    distinct, counts = np.unique(ordered, return_counts=True)
    places = np.linspace(0, len(distinct), n_parts + 1).astype(int)
    groups = [(distinct[start:stop], counts[start:stop]) for start, stop in pairwise(places) if start < stop]
    return compute_distribution(groups, len(values), float(ordered[0]), float(ordered[-1]), SHARES)


def _compute_skew(values):
    deviations = np.asarray(values, dtype=np.longdouble) - np.mean(values, dtype=np.longdouble)
    return float((deviations**3).mean() / (deviations**2).mean() ** 1.5)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=60), st.integers(1, 9))
def test_quantiles_have_the_digits_of_numpy(values, n_parts):
    found = _compute(values, n_parts)
    assert found.quantiles.tolist() == np.quantile(values, SHARES).tolist()
    assert (found.n_values, found.n_distinct) == (len(values), len(np.unique(values)))


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=60), st.integers(1, 9))
def test_the_skew_does_not_depend_on_the_batches(values, n_parts):
    found = _compute([float(value) for value in values], n_parts)
    expected = _compute_skew(values) if len(set(values)) > 1 else 0.0
    assert found.skew == pytest.approx(expected, abs=1e-9)


def test_the_skew_of_values_far_from_zero_is_exact_enough():
    values = 1e9 + np.random.default_rng(0).lognormal(size=50_000)
    assert _compute(values, 7).skew == pytest.approx(_compute_skew(values), rel=1e-6)


def test_the_skew_of_neighbouring_floats_is_that_of_two_values():
    values = np.array([1.0, np.nextafter(1.0, 2.0)]).repeat([700, 300])
    assert _compute(values).skew == pytest.approx(0.4 / np.sqrt(0.21))


def test_values_may_come_again_in_the_next_batch():
    values = np.array([1.0, 1.0, 2.0, 2.0, 2.0, 7.0])
    ones = np.ones(2, dtype=np.int64)
    groups = [(values[start : start + 2], ones) for start in (0, 2, 4)]
    found = compute_distribution(groups, 6, 1.0, 7.0, SHARES)
    assert found.n_distinct == 3
    assert found.quantiles.tolist() == np.quantile(values, SHARES).tolist()
