import numpy as np
import pytest

from components._table.hash_sample import mix_hashes
from components.split.smallest_keys import SmallestKeys

DIFFERENT = mix_hashes(np.arange(3_000), 0)


def _take(keys: np.ndarray, size: int, n_batches: int) -> np.ndarray:
    smallest, batches = SmallestKeys(size), np.array_split(keys, n_batches)
    for batch in batches:
        smallest.update(batch)
    return np.concatenate([smallest.take(batch) for batch in batches])


@pytest.mark.parametrize("n_batches", [1, 4, 3_000])
@pytest.mark.parametrize("size", [0, 1, 2_999, 3_000, 4_000])
def test_the_rows_with_the_smallest_keys_are_taken(size: int, n_batches: int) -> None:
    expected = np.zeros(3_000, dtype=bool)
    expected[np.argsort(DIFFERENT)[:size]] = True
    assert (_take(DIFFERENT, size, n_batches) == expected).all()


@pytest.mark.parametrize("n_batches", [1, 4, 100])
@pytest.mark.parametrize("size", [1, 5, 299])
def test_of_equal_keys_at_the_limit_the_first_are_taken(size: int, n_batches: int) -> None:
    keys = (np.arange(300) % 10).astype(np.uint64)
    expected = np.zeros(300, dtype=bool)
    expected[np.argsort(keys, kind="stable")[:size]] = True
    assert (_take(keys, size, n_batches) == expected).all()
