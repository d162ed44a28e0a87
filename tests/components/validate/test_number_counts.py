import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.validate.number_counts import N_KEPT, CountedNumbers, NumberCounts


def _list_all(counts: NumberCounts) -> list[object]:
    kept = [counts.lowest, counts.highest, counts.frequent]
    return [counts.n_values, counts.n_rows, *(array.tolist() for numbers in kept for array in numbers)]


@given(
    counts=st.lists(st.integers(1, 4), max_size=3 * N_KEPT),
    places=st.lists(st.integers(0, 3 * N_KEPT), max_size=5),
)
def test_pieces_do_not_matter(counts: list[int], places: list[int]) -> None:
    whole = CountedNumbers(np.arange(len(counts)) - 7.5, np.array(counts, dtype=np.int64))
    ends = [0, *sorted(place for place in places if place <= len(counts)), len(counts)]
    pieces = [whole.select(slice(start, stop)) for start, stop in itertools.pairwise(ends)]
    found = NumberCounts.from_pieces(lambda: pieces)
    order = sorted(range(len(counts)), key=lambda place: (-counts[place], place))[:N_KEPT]
    kept = [
        whole.select(slice(N_KEPT)),
        whole.select(slice(-N_KEPT, None)),
        whole.select(np.array(order, int)),
    ]
    assert _list_all(found) == [
        len(counts),
        sum(counts),
        *(array.tolist() for numbers in kept for array in numbers),
    ]
    assert [value for piece in found.iterate(True) for value in piece.values] == whole.values.tolist()
