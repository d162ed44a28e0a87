import random
from collections import Counter

import pytest

from components._inference_log.reservoir import Reservoir


def sample(size: int, lengths: list[int], draw: random.Random) -> list[int]:
    """Return the sample of a stream of whole numbers that comes in parts."""
    reservoir: Reservoir[int] = Reservoir(size, draw)
    for length in lengths:
        first = reservoir.n_seen
        for position in reservoir.choose(length):
            assert 0 <= position < length
            reservoir.keep(first + position)
    assert reservoir.n_seen == sum(lengths)
    return reservoir.items


@pytest.mark.parametrize("lengths", [[], [1], [3, 2], [0, 5], [5]])
def test_all_are_kept_while_there_is_room(lengths: list[int]) -> None:
    assert sample(5, lengths, random.Random(0)) == list(range(sum(lengths)))


@pytest.mark.slow_variants
@pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 20), (4, [1] * 20), (4, [20]), (7, [9, 1, 8, 2])])
def test_every_item_is_equally_likely_to_be_kept(size: int, lengths: list[int]) -> None:
    draw, repeats = random.Random(1), 20_000
    counts: Counter[int] = Counter()
    for _ in range(repeats):
        kept = sample(size, lengths, draw)
        assert len(set(kept)) == size
        counts.update(kept)
    share = size / 20
    expected, deviation = repeats * share, (repeats * share * (1 - share)) ** 0.5
    assert all(abs(counts[i] - expected) < 5 * deviation for i in range(20))


def test_long_streams_cost_little() -> None:
    reservoir: Reservoir[int] = Reservoir(10, random.Random(2))
    n_chosen = sum(len(reservoir.choose(1)) for _ in range(100_000))
    # 10 + 10 * ln(100,000 / 10) = 102 are expected.
    assert 50 < n_chosen < 160
