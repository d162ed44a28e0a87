import numpy as np
import pytest

from components._table.hash_sample import HashSample, mix_hashes

HASHES = mix_hashes(np.arange(5_000, dtype=np.uint64), 0)


def _sample(*batches: np.ndarray, size: int = 100) -> HashSample:
    sample = HashSample(size)
    for batch in batches:
        sample.update(batch)
    return sample


@pytest.mark.parametrize("n_batches", [1, 2, 7, 5_000])
def test_neither_batches_nor_the_order_change_the_sample(n_batches: int) -> None:
    shuffled = np.random.default_rng(0).permutation(HASHES)
    sample = _sample(*np.array_split(shuffled, n_batches))
    assert sample.hashes.tolist() == sorted(HASHES.tolist())[:100]


def test_repeated_rows_count_once() -> None:
    assert _sample(HASHES, HASHES[::2], size=10_000).count_distinct() == 5_000


def test_a_sample_merges_into_another_by_its_hashes() -> None:
    first, second = _sample(HASHES[:3_000]), _sample(HASHES[2_000:])
    first.update(second.hashes)
    assert first.hashes.tolist() == _sample(HASHES).hashes.tolist()


@pytest.mark.parametrize(("n", "is_full"), [(0, False), (1, False), (99, False), (100, True)])
def test_few_different_rows_are_counted_exactly(n: int, is_full: bool) -> None:
    sample = _sample(HASHES[:n])
    assert sample.is_full == is_full
    if not is_full:
        assert sample.count_distinct() == n


def test_the_estimate_of_many_has_the_stated_error() -> None:
    errors = [
        _sample(mix_hashes(np.arange(5_000, dtype=np.uint64), seed)).count_distinct() / 5_000 - 1
        for seed in range(200)
    ]
    assert np.mean(errors) == pytest.approx(0, abs=0.03)
    # A little less than 1 / sqrt(98), because 100 of 5,000 is not a small share.
    assert np.std(errors) == pytest.approx(0.1, abs=0.02)


def test_hashes_are_different_and_uniform() -> None:
    assert len(np.unique(HASHES)) == len(HASHES)
    counts = np.bincount((HASHES >> np.uint64(60)).astype(np.int64), minlength=16)
    # The chi-squared statistic of 15 degrees of freedom exceeds this once in 10,000 samples.
    assert ((counts - 312.5) ** 2 / 312.5).sum() < 44.3


def test_each_seed_orders_them_differently() -> None:
    orders = [np.argsort(mix_hashes(np.arange(1_000), seed)) for seed in range(3)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(orders[first], orders[second])[0, 1]) < 0.15
