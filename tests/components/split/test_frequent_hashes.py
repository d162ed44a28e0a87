import numpy as np
import pytest

from components._table.hash_sample import mix_hashes
from components.split.frequent_hashes import FrequentHashes

RARE = mix_hashes(np.arange(20_000), 0)


@pytest.mark.parametrize("n_batches", [1, 7, 300])
@pytest.mark.parametrize("n_copies", [300, 2_000, 100_000])
def test_every_frequent_hash_is_a_candidate(n_copies: int, n_batches: int) -> None:
    size = int((20_000 + 3 * n_copies) / n_copies) + 1
    frequent = np.arange(3, dtype=np.uint64)
    stream = np.random.default_rng(0).permutation(np.concatenate([RARE, np.repeat(frequent, n_copies)]))
    found = FrequentHashes(size)
    for batch in np.array_split(stream, n_batches):
        found.update(batch)
    assert set(frequent.tolist()) <= set(found.hashes.tolist())
    assert len(found.hashes) <= size


def test_few_different_hashes_are_all_candidates() -> None:
    found = FrequentHashes(5)
    for batch in np.array_split(RARE[np.arange(1_000) % 5], 9):
        found.update(batch)
    assert sorted(found.hashes.tolist()) == sorted(RARE[:5].tolist())


def test_an_empty_stream_has_no_candidates() -> None:
    found = FrequentHashes()
    found.update(RARE[:0])
    assert not len(found.hashes)
