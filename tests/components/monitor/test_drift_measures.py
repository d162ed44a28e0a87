import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from components.monitor.column_bins import ColumnBins, build_bins
from components.monitor.drift_measures import (
    compute_chi_squared_p,
    compute_distance,
    compute_jensen_shannon,
    compute_kolmogorov_smirnov_p,
    compute_psi,
    compute_wasserstein,
)
from tests.components.monitor.predicted_rows import make_rows

RNG = np.random.default_rng(0)


def build_normal_bins(n_rows: int = 20_000) -> ColumnBins:
    return build_bins(make_rows({"x": RNG.normal(size=n_rows)}), {"x": "float"}, is_class=True)["x"]


def count_shares(bins: ColumnBins, values: np.ndarray) -> np.ndarray:
    counts = np.bincount(bins.assign(make_rows({bins.name: values})), minlength=bins.n_bins)
    return np.asarray(counts / counts.sum())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=8))
def test_without_nulls_the_distance_is_that_of_scipy(counts: list[tuple[int, int]]) -> None:
    one, other = np.array(counts, dtype=np.float64).T
    if not one.any() or not other.any():
        return
    centres = np.linspace(-3, 5, len(one)) ** 3
    one, other = one / one.sum(), other / other.sum()
    with_null = np.append(one, 0), np.append(other, 0)
    assert compute_wasserstein(centres, *with_null) == pytest.approx(
        wasserstein_distance(centres, centres, one, other), abs=1e-9
    )
    assert compute_jensen_shannon(one, other) == pytest.approx(jensenshannon(one, other, base=2), abs=1e-7)


def test_a_null_counts_like_one_standard_deviation() -> None:
    centres = np.array([0.0, 2.0])
    reference = np.array([0.5, 0.5, 0.0])
    assert compute_wasserstein(centres, reference, np.array([0.4, 0.4, 0.2])) == pytest.approx(0.2)
    assert compute_wasserstein(centres, reference, np.array([0.0, 0.0, 1.0])) == pytest.approx(1)
    # 0.4 x 2 among the 0.8 that have a number, and 0.2 by nulls.
    assert compute_wasserstein(centres, reference, np.array([0.08, 0.72, 0.2])) == pytest.approx(
        np.hypot(0.64, 0.2)
    )


def test_many_windows_are_compared_at_once() -> None:
    bins = build_normal_bins()
    windows = RNG.dirichlet(np.ones(bins.n_bins), size=4)
    together = compute_distance(bins, windows[0], windows)
    assert together.tolist() == pytest.approx([float(compute_distance(bins, windows[0], w)) for w in windows])


@pytest.mark.parametrize("shift", [0.1, 0.3, 1.0])
def test_a_shift_has_its_size_in_standard_deviations(shift: float) -> None:
    bins = build_normal_bins(100_000)
    values = RNG.normal(size=100_000)
    distance = compute_distance(bins, count_shares(bins, values), count_shares(bins, values + shift))
    assert distance == pytest.approx(shift, rel=0.12)


def test_the_further_a_value_is_outside_the_larger_the_distance_up_to_a_bound() -> None:
    bins = build_normal_bins()
    reference = count_shares(bins, RNG.normal(size=5000))
    distances = [
        float(compute_distance(bins, reference, count_shares(bins, np.full(9, value))))
        for value in (5.0, 6.0, 8.0, 12.0, 1e12)
    ]
    assert distances == sorted(distances)
    assert distances[-1] == distances[-2] < 10


def test_jensen_shannon_is_one_between_distributions_without_overlap() -> None:
    assert compute_jensen_shannon(np.array([1.0, 0]), np.array([0, 1.0])) == pytest.approx(1)


def test_psi_of_categories_is_its_formula() -> None:
    strings = make_rows({"x": ["a"] * 50 + ["b"] * 50})
    bins = build_bins(strings, {"x": "string"}, is_class=True)["x"]
    reference, window = np.array([0.5, 0.5, 0, 0, 0]), np.array([0.8, 0.2, 0, 0, 0])
    formula = 0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5)
    assert compute_psi(bins, reference, window, 1e6, 1e6) == pytest.approx(formula, rel=1e-4)
    assert compute_psi(bins, reference, reference, 1e6, 1e6) == pytest.approx(0)


def test_psi_of_numbers_is_that_of_deciles() -> None:
    bins = build_normal_bins(100_000)
    values = RNG.normal(size=100_000)
    moved = values + 0.5
    edges = np.quantile(values, np.linspace(0, 1, 11)[1:-1])
    p, q = (np.bincount(np.searchsorted(edges, x), minlength=10) / len(x) for x in (values, moved))
    found = compute_psi(bins, count_shares(bins, values), count_shares(bins, moved), 1e5, 1e5)
    assert found == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=0.05)


def test_the_second_opinions_agree_with_scipy() -> None:
    one, other = RNG.normal(size=3000), RNG.normal(size=2000) + 0.05
    bins = build_normal_bins()
    p = compute_kolmogorov_smirnov_p(count_shares(bins, one), count_shares(bins, other), 3000, 2000)
    exact = ks_2samp(one, other).pvalue
    assert p is not None
    assert exact <= p <= 3 * exact
    table = np.array([[30, 50, 20], [20, 60, 40]])
    shares = table / table.sum(axis=1, keepdims=True)
    sizes = table.sum(axis=1)
    expected = chi2_contingency(table, correction=False).pvalue
    assert compute_chi_squared_p(*shares, *sizes) == pytest.approx(expected)


def test_a_second_opinion_without_two_samples_is_none() -> None:
    null = np.array([0.0, 0.0, 1.0])
    assert compute_kolmogorov_smirnov_p(null, np.array([0.5, 0.5, 0.0]), 100, 100) is None
    assert compute_chi_squared_p(null, null, 100, 100) is None
