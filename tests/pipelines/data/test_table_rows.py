from pathlib import Path

import numpy as np

from pipelines.data.row_hash import hash_values
from pipelines.data.table_rows import hash_cells, iterate_numbered, take_rows
from tests.pipelines.data.versions import write_version

# More than a row group has.
_ROWS = 70_000


def test_rows_are_taken_by_number_from_any_row_group_in_the_order_given(tmp_path: Path) -> None:
    version = write_version(tmp_path / "a", {"n": [*range(_ROWS)], "s": [f"t{n}" for n in range(_ROWS)]})
    rows = np.array([69_999, 0, 65_536, 0])
    assert take_rows(version.table, rows, ["s"]) == [{"s": f"t{row}"} for row in rows]
    assert take_rows(version.table, rows[:0], ["s"]) == []
    firsts = [first for first, _ in iterate_numbered(version.table, ["n"])]
    assert firsts[0] == 0
    assert len(firsts) > 1
    whole = np.concatenate(
        [hash_values(batch.column(0), "integer") for _, batch in iterate_numbered(version.table, ["n"])]
    )
    assert (hash_cells(version.table, rows, rows.argsort(), "n", "integer") == whole[rows]).all()
