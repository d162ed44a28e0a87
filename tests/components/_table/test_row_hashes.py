"""Hashes batch by batch are those of the whole table, however it is cut."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.row_hashes import RowHasher
from components._table.storage import hash_rows, read_frame, write_table

SCHEMA = pa.schema(
    [
        ("i", pa.int64()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("s", pa.string()),
        ("d", pa.timestamp("us")),
    ]
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from([0, 1, 2**60 + 1, -(2**63)]),
        st.none() | st.sampled_from([0.0, -0.0, 1.0, float("inf")]),
        st.none() | st.booleans(),
        st.none() | st.sampled_from(["", "1", "True", "Köln"]),
        st.none() | st.sampled_from([dt.datetime(2024, 2, 29, 12, 0, 0, 5), dt.datetime(1900, 1, 1)]),
    ),
    min_size=1,
    max_size=12,
)


def _build_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def _hash_in_batches(hasher: RowHasher, table: pa.Table, size: int) -> list[int]:
    batches = table.to_batches(max_chunksize=size)
    return [int(value) for batch in batches for value in hasher.hash(batch)]


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(rows=ROWS, size=st.integers(1, 12))
def test_any_cut_of_a_table_gives_the_hashes_of_the_whole(rows: list[tuple[Any, ...]], size: int) -> None:
    table = _build_table(rows)
    with TemporaryDirectory() as folder:
        write_table(table.to_batches(), SCHEMA, folder)
        found = _hash_in_batches(RowHasher([folder], SCHEMA.names), table, size)
        assert found == hash_rows(read_frame(folder)).tolist()


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(first=ROWS, second=ROWS, size=st.integers(1, 12))
def test_rows_of_two_tables_have_the_hashes_of_one(
    first: list[tuple[Any, ...]], second: list[tuple[Any, ...]], size: int
) -> None:
    tables = [_build_table(first), _build_table(second)]
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in "ab"]
        for table, path in zip(tables, paths, strict=True):
            write_table(table.to_batches(), SCHEMA, path)
        hasher = RowHasher(paths, SCHEMA.names)
        found = [value for table in tables for value in _hash_in_batches(hasher, table, size)]
        together = pa.concat_tables(tables)
        assert found == hash_rows(together.to_pandas()).tolist()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_null_in_another_batch_does_not_change_the_hash(tmp_path: Path, size: int) -> None:
    moment = dt.datetime(2024, 2, 29)
    table = _build_table([(1, -0.0, True, "a", moment), (2, 0.0, False, None, None), (None,) * 5])
    write_table(table.to_batches(), SCHEMA, tmp_path)
    found = _hash_in_batches(RowHasher([tmp_path], SCHEMA.names), table, size)
    assert found == hash_rows(read_frame(tmp_path)).tolist()


@pytest.mark.parametrize(("value", "is_equal"), [(1, True), (None, True), (2, False)])
def test_a_column_that_is_not_named_does_not_count(tmp_path: Path, value: int | None, is_equal: bool) -> None:
    table = pa.table({"x": [1, 1 if is_equal else 2], "y": pa.array([1, value])})
    write_table(table.to_batches(), table.schema, tmp_path)
    (batch,) = table.to_batches()
    hashes = RowHasher([tmp_path], ["x"]).hash(batch)
    assert (hashes[0] == hashes[1]) == is_equal
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == hash_rows(pd.DataFrame({"x": table["x"].to_pylist()})).tolist()
