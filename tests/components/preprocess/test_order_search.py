from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.preprocess import order_search
from components.preprocess.order_search import choose_points, collect_inside, find_brackets, find_ranks

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0, 2.0])
_PARTS = st.lists(st.lists(_NUMBERS, max_size=40), min_size=1, max_size=5).filter(any)


@given(parts=_PARTS, n_points=st.integers(2, 6), data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_ranks_of_any_parts_are_found(parts: list[list[float]], n_points: int, data: Any) -> None:
    known = [np.sort(np.array(part, dtype=float)) for part in parts]
    everything = np.sort(np.concatenate(known))
    first = data.draw(st.integers(0, len(everything) - 1))
    last = min(first + 1, len(everything) - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_search, "N_POINTS", n_points)
        (bracket,) = find_brackets(list(map(choose_points, known)), np.array([first]), np.array([last]))
        found = find_ranks([collect_inside(part, bracket) for part in known], np.array([first, last]))
    np.testing.assert_array_equal(found, everything[[first, last]])


def test_few_rows_are_within_a_bracket() -> None:
    rng = np.random.default_rng(0)
    known = [np.sort(rng.normal(part % 3, 1, 50_000)) for part in range(8)]
    (bracket,) = find_brackets(list(map(choose_points, known)), np.array([200_000]), np.array([200_001]))
    n_inside = sum(len(collect_inside(part, bracket).values) for part in known)
    assert n_inside < 2.5 * 400_000 / order_search.N_POINTS


def test_one_value_takes_no_more_room_however_often_it_is_there() -> None:
    known = [np.full(10_000, 7.0), np.array([1.0, 7.0, 9.0])]
    (bracket,) = find_brackets(list(map(choose_points, known)), np.array([5_000]), np.array([5_001]))
    inside = [collect_inside(part, bracket) for part in known]
    assert [part.values.tolist() for part in inside] == [[7.0], [7.0]]
    assert find_ranks(inside, np.array([5_000, 5_001])).tolist() == [7.0, 7.0]
