import numpy as np
import pytest

from components.eda.bins import build_quantile_bins, build_value_bins, compute_bin_edges


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


SHARES = np.linspace(0, 1, 21)


def _count_in_bins(values, bins):
    return np.bincount(np.searchsorted(bins.bounds, values, side="right"), minlength=len(bins.centres))


def test_a_bin_has_a_tenth_of_the_values_and_its_centre_is_their_median():
    values = np.random.default_rng(0).lognormal(size=1_000)
    bins = build_quantile_bins(SHARES, np.quantile(values, SHARES))
    assert _count_in_bins(values, bins).tolist() == [100] * 10
    assert bins.centres == pytest.approx(
        [np.median(part) for part in np.sort(values).reshape(10, 100)], rel=0.02
    )
    assert (bins.lows[0], bins.highs[-1]) == (values.min(), values.max())
    assert bins.lows[1:].tolist() == bins.highs[:-1].tolist()


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([0] * 63 + list(range(1, 39)), [63, 8, 10, 10, 10]),
        ([0] * 4 + list(range(1, 98)), [11] + [10] * 9),
        ([*range(40), *[40] * 61], [11, 10, 10, 70]),
        ([7] * 9, [9]),
        ([1, 2], None),
    ],
)
def test_a_frequent_value_has_a_bin_of_its_own_and_no_value_is_lost(values, counts):
    bins = build_quantile_bins(SHARES, np.quantile(values, SHARES))
    found = _count_in_bins(values, bins)
    assert found.sum() == len(values)
    assert counts is None or found.tolist() == counts
    assert (np.diff(bins.centres) > 0).all()


def test_each_of_few_values_is_a_bin():
    values = np.array([-1.0, 0.0, np.nextafter(0, 1), 1e300])
    assert _count_in_bins(np.repeat(values, [1, 2, 3, 4]), build_value_bins(values)).tolist() == [1, 2, 3, 4]
