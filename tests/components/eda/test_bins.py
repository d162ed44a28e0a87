import numpy as np
import pytest

from components.eda.bins import compute_bin_edges


def _compute_edges(values, *, are_whole):
    low, q1, q3, high = np.quantile(values, [0, 0.25, 0.75, 1]).tolist()
    return compute_bin_edges(low, q1, q3, high, len(values), are_whole=are_whole)


@pytest.mark.parametrize(
    ("values", "are_whole", "expected"),
    [
        ([1, 2, 2, 3], True, [0.5, 1.5, 2.5, 3.5]),
        ([0, 1], True, [-0.5, 0.5, 1.5]),
        ([4.0, 4.0], False, [3.5, 4.5]),
        ([7], True, [6.5, 7.5]),
    ],
)
def test_few_values_have_a_bin_each(values, are_whole, expected):
    np.testing.assert_allclose(_compute_edges(values, are_whole=are_whole), expected)


@pytest.mark.parametrize(
    ("values", "are_whole"),
    [([2.0**60, 2.0**60], True), ([2.0**60, 2.0**61, 2.0**62], True), ([-1.7e308, 0, 1, 1.7e308], False)],
)
def test_the_largest_numbers_have_bins(values, are_whole):
    edges = _compute_edges(values, are_whole=are_whole)
    assert np.isfinite(edges).all()
    assert np.histogram(values, edges)[0].sum() == len(values)


@pytest.mark.parametrize("are_whole", [True, False])
def test_distant_values_do_not_stretch_the_bins(are_whole):
    values = np.concatenate([np.arange(100.0), [1e9]])
    edges = _compute_edges(values, are_whole=are_whole)
    assert edges[-1] < 300
    assert len(edges) <= 42


@pytest.mark.parametrize("seed", range(3))
def test_bins_are_between_8_and_40_and_cover_ordinary_values(seed):
    values = np.random.default_rng(seed).normal(size=2_000)
    edges = _compute_edges(values, are_whole=False)
    assert 9 <= len(edges) <= 41
    assert np.histogram(values, edges)[0].sum() == len(values)
