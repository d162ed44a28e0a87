from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.row_sample import RowSample
from components._table.storage import iterate_batches, read_frame, write_table

SAMPLE = RowSample(np.array([0, 3, 9, 10, 19]))


@pytest.mark.parametrize("size", [1, 7, 20, 100])
def test_each_batch_of_the_table_tells_its_rows(size: int) -> None:
    found = [
        start + np.flatnonzero(SAMPLE.contains(start, min(size, 20 - start))) for start in range(0, 20, size)
    ]
    assert np.concatenate(found).tolist() == SAMPLE.numbers.tolist()


def test_it_is_kept_in_the_folder_of_a_table_without_being_a_part_of_it(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2, 3]})
    write_table(table.to_batches(), table.schema, tmp_path)
    SAMPLE.save(tmp_path)
    assert RowSample.load(tmp_path).numbers.tolist() == SAMPLE.numbers.tolist()
    assert read_frame(tmp_path)["x"].tolist() == [1, 2, 3]
    assert pa.Table.from_batches(iterate_batches(tmp_path)).equals(table)
