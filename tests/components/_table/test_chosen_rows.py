from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import read_frame

COLUMNS = {
    "whole": pa.int64(),
    "large": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "text": pa.string(),
    "date": pa.timestamp("us"),
    "nothing": pa.string(),
    "no_number": pa.int64(),
}
ROWS = [
    {"whole": 1, "large": 2**53 + 1, "number": float("nan"), "flag": True, "text": "a\0b"},
    {"whole": 2, "large": 2**62, "number": -0.0, "flag": False, "text": "", "date": datetime(2024, 2, 29)},
    {"whole": 3, "large": 5, "number": float("inf"), "flag": True, "text": "ä"},
    {"whole": None, "large": -(2**60), "number": None, "flag": None, "text": None},
    {"whole": 5, "large": 0, "number": 0.0, "flag": False, "text": "a", "date": datetime(1677, 9, 22)},
]


def write_files(folder: Path, ends: list[int]) -> None:
    """Write the rows as files that end at these rows."""
    rows = pa.Table.from_pylist(ROWS * 3, schema=pa.schema(list(COLUMNS.items())))
    for i, (start, end) in enumerate(zip([0, *ends], [*ends, len(rows)], strict=True)):
        pq.write_table(rows.slice(start, end - start), folder / f"part-{i:05d}.parquet", row_group_size=2)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 15), max_size=4), st.sets(st.integers(0, 14)))
def test_chosen_rows_are_those_of_the_whole_table_in_any_files(
    tmp_path_factory: pytest.TempPathFactory, ends: list[int], chosen: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    write_files(folder, sorted(ends))
    numbers = np.array(sorted(chosen), dtype=np.int64)
    found = read_chosen_rows(folder, numbers, ["date", *COLUMNS])
    whole = read_frame(folder, ["date", *COLUMNS])
    pd.testing.assert_frame_equal(found, whole.iloc[numbers].reset_index(drop=True))


def test_rows_are_drawn_once_each_and_in_order() -> None:
    found = choose_row_numbers(1_000, 100, 3)
    assert (np.diff(found) > 0).all()
    assert (len(found), found.tolist()) == (100, choose_row_numbers(1_000, 100, 3).tolist())
    assert found.tolist() != choose_row_numbers(1_000, 100, 4).tolist()
    assert choose_row_numbers(5, 100, 3).tolist() == [0, 1, 2, 3, 4]
