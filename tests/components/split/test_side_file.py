from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.storage import write_table
from components.split.side_file import LEFT_OUT, TEST, TRAIN, iterate_side, mark_sides, write_sides


def test_rows_that_are_not_usable_are_on_no_side() -> None:
    usable = np.array([True, False, True, True])
    train, test = np.array([True, False, False]), np.array([False, True, False])
    assert mark_sides(usable, train, test).tolist() == [TRAIN, LEFT_OUT, TEST, LEFT_OUT]


@pytest.mark.parametrize("n_batches", [1, 3])
def test_each_side_has_its_rows_in_order(tmp_path: Path, n_batches: int) -> None:
    table = pa.table({"x": range(200_000)})
    write_table(table.to_batches(), table.schema, tmp_path / "table")
    sides = (np.arange(200_000) % 3).astype(np.uint8)
    file = write_sides(np.array_split(sides, n_batches), tmp_path / "sides")
    for side in (TRAIN, TEST):
        found = pa.Table.from_batches(iterate_side(str(tmp_path / "table"), file, side))
        assert found["x"].to_numpy().tolist() == np.flatnonzero(sides == side).tolist()
