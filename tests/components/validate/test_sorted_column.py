"""A column of numbers in order answers as one in memory does, whatever its batches."""

import gc
import weakref
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.sorted_numbers import NumberCollector
from components._table.storage import iterate_batches, write_table
from components.validate.column_profile import profile_column
from components.validate.loaded_column import LoadedColumn
from components.validate.sorted_column import SortedColumn

TIME = pa.timestamp("us")
VALUES = {
    pa.int64(): st.sampled_from([0, 1, 2, -1, 999, 2**53, 2**53 + 1]) | st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.sampled_from([0.0, -0.0, 1.0, 2.5, -999.0]) | st.floats(),
    TIME: st.sampled_from([datetime(1900, 1, 1), datetime(2020, 1, 1)]) | st.datetimes(),
}


def _load(folder: Path, values: pa.Array, n_batch: int = 3) -> tuple[LoadedColumn, SortedColumn]:
    """Return the same column in any order and in order."""
    table = pa.table({"x": values})
    write_table(table.to_batches(max_chunksize=n_batch), table.schema, folder / "table")
    numbers = NumberCollector(len(values))
    for batch in iterate_batches(folder / "table"):
        numbers.add(batch.column(0))
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    loaded = LoadedColumn("x", pa.chunked_array([values]))
    return loaded, SortedColumn(str(folder / "table"), "x", loaded.kind, numbers.sort(), len(values))


def _check(loaded: LoadedColumn, found: SortedColumn) -> None:
    names = ("kind", "n_rows", "n_null", "n_known", "n_distinct")
    assert [getattr(found, name) for name in names] == [getattr(loaded, name) for name in names]
    assert profile_column("x", found) == profile_column("x", loaded)
    merged: dict[Any, int] = {}
    for value, n in loaded.iterate_counts():
        merged[value] = merged.get(value, 0) + n
    assert dict(found.iterate_counts()) == merged
    is_known = merged.keys() - {float("inf"), float("-inf")}
    repeated = [merged[value] for value in is_known if merged[value] > 1]
    assert (found.n_repeated, found.n_in_repeated) == (len(repeated), sum(repeated))
    assert found.is_unique == (loaded.n_rows == len(is_known))
    numbers, expected = found.count_numbers(), loaded.count_numbers()
    assert (numbers.n_values, numbers.n_rows) == (expected.n_values, expected.n_rows)
    for name in ("lowest", "highest", "frequent"):
        assert [array.tolist() for array in getattr(numbers, name)] == [
            array.tolist() for array in getattr(expected, name)
        ]


@settings(deadline=None, max_examples=100)
@given(data=st.data(), n_piece=st.integers(1, 5))
def test_it_answers_as_a_column_in_any_order(data: st.DataObject, n_piece: int) -> None:
    type_ = data.draw(st.sampled_from(list(VALUES)))
    values = data.draw(st.lists(st.none() | VALUES[type_], max_size=40))
    copies = data.draw(st.integers(1, 3))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("components._table.sorted_numbers._PIECE_ROWS", n_piece)
        _check(*_load(Path(folder), pa.array(values * copies, type_)))


def test_its_memory_is_freed_without_a_search_for_garbage(tmp_path: Path) -> None:
    _, found = _load(tmp_path, pa.array([1.5, 2.5]))
    reference = weakref.ref(found)
    gc.disable()
    try:
        del found
        assert reference() is None
    finally:
        gc.enable()
