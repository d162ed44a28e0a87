"""Numbers in memory and numbers that an engine keeps answer alike, whatever their batches."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.eda import explored_rows, ordered_numbers
from tests.explored_rows import open_explored_rows

FLOATS = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0, 1.0, 2.0])
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, 1, 2, 2**53, 2**53 + 1])


def _join(pieces):
    """Return numbers that come in pieces, each as often as it has rows."""
    pieces = list(pieces)
    return np.concatenate([np.empty(0), *(np.repeat(values, counts) for values, counts in pieces)]).tolist()


def _describe(values, kind, fences, *, is_sortable, n_piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explored_rows, "are_sortable", lambda *_: is_sortable)
        patch.setattr(ordered_numbers, "_PIECE_ROWS", n_piece)
        with open_explored_rows(pd.DataFrame({"x": values}), {"x": kind}) as rows:
            for name, numbers in rows.iterate_numbers(["x"]):
                in_rows = [(x.tolist(), y.tolist()) for x, y in numbers.iterate_rows()]
                found = [name, numbers.n_finite, numbers.n_infinite_values, numbers.count_distinct()]
                found += [_join(numbers.iterate()), _join(numbers.iterate_outside(*fences))]
                found.append(str([value for values, _ in in_rows for value in values]))
                found.append([target for _, targets in in_rows for target in targets])
                if numbers.n_finite:
                    inside = [x for x in _join(numbers.iterate()) if fences[0] <= x <= fences[1]]
                    found += [numbers.minimum + 0.0, numbers.maximum + 0.0]
                    found += numbers.find_fenced(*fences) if inside else []
    return found


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(values=st.lists(FLOATS, min_size=1, max_size=30), low=st.floats(-2, 0), reach=st.floats(0, 3))
def test_both_ways_give_the_same_floats(values, low, reach):
    column = pd.Series(values, dtype="float64")
    found = [
        _describe(column, "float", (low, low + reach), is_sortable=is_sortable, n_piece=n_piece)
        for is_sortable, n_piece in ((True, 3), (True, 100), (False, 3))
    ]
    assert found[0] == found[1] == found[2]
    finite = column[np.isfinite(column)]
    assert found[0][4] == sorted(finite + 0.0)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(values=st.lists(WHOLE, min_size=1, max_size=30))
def test_both_ways_give_the_same_whole_numbers(values):
    column = pd.Series(values, dtype="int64")
    found = [
        _describe(column, "integer", (0, 9), is_sortable=is_sortable, n_piece=3)
        for is_sortable in (True, False)
    ]
    assert found[0] == found[1]
    assert found[0][3] == column.nunique()
