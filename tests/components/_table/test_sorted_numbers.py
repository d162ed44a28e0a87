from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components._table import sorted_numbers
from components._table.sorted_numbers import (
    NumberCollector,
    SortedNumbers,
    are_sortable,
    count_sortable_columns,
)

FLOATS = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0])


def _sort(values: pa.Array, n_batch: int) -> SortedNumbers:
    numbers = NumberCollector(len(values) + 1)
    for batch in pa.table({"x": values}).to_batches(max_chunksize=n_batch):
        numbers.add(batch.column(0))
    return numbers.sort()


@given(values=st.lists(FLOATS), n_batch=st.integers(1, 9))
def test_floats_are_in_order_whatever_their_batches(values: list[float | None], n_batch: int) -> None:
    found = _sort(pa.array(values, pa.float64()), n_batch)
    known = [value for value in values if value is not None and value == value]
    assert found.values.tolist() == sorted(known)
    assert not np.signbit(found.values[found.values == 0]).any()
    assert found.has_signed_zeros == (len({str(value) for value in known if value == 0}) == 2)
    assert found.finite.tolist() == sorted(value for value in known if abs(value) < np.inf)
    assert len(found.finite) + len(found.infinite) == len(known)


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([3, None, 2**53 + 1, -(2**63), 2**53], pa.int64(), [-(2**63), 3, 2**53, 2**53 + 1]),
        ([None, datetime(1970, 1, 1, 0, 0, 1), datetime(1969, 12, 31)], pa.timestamp("us"), [-864e8, 1e6]),
        ([None], pa.int64(), []),
        ([], pa.float64(), []),
    ],
)
def test_whole_numbers_and_dates_keep_their_digits(
    values: list[Any], type_: pa.DataType, expected: list[int]
) -> None:
    found = _sort(pa.array(values, type_), 2)
    assert found.finite.tolist() == found.values.tolist() == expected
    assert len(found.infinite) == 0


@pytest.mark.parametrize("n_piece", [1, 2, 3, 100])
def test_each_number_comes_once_with_its_rows(n_piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_numbers, "_PIECE_ROWS", n_piece)
    found = SortedNumbers(np.array([2.0, np.inf, 1.0, 2.0, 2.0, np.nan, 5.0, 7.0, 7.0]))
    pieces = [(values.tolist(), counts.tolist()) for values, counts in found.iterate_runs()]
    assert [value for values, _ in pieces for value in values] == [1, 2, 5, 7]
    assert [count for _, counts in pieces for count in counts] == [1, 3, 1, 2]
    assert len(pieces) == {1: 4, 2: 2, 3: 2, 100: 1}[n_piece]


@pytest.mark.parametrize(("n_rows", "expected"), [(0, 26_214), (13_107, 2), (26_214, 1), (26_215, 0)])
def test_columns_are_sorted_as_far_as_they_fit(n_rows: int, expected: int) -> None:
    assert count_sortable_columns(n_rows, 1 << 20) == expected
    assert are_sortable(n_rows, 1 << 20) == (expected > 0)
