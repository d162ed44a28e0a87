from pathlib import Path

import pyarrow as pa
import pytest

from components._table.storage import write_table
from components.validate.loaded_table import LoadedTable

TABLE = pa.table(
    {
        "x": [1, 2, 2, 2, 1, None],
        "z": ["a", "b", "b", "b", "a", "a"],
        "w": [0.5, float("nan"), None, 1.0, 0.5, 0.5],
        "y": ["no", "yes", "yes", "no", "no", None],
    }
)


@pytest.mark.parametrize("cells", [500_000, 6])
def test_columns_are_read_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    monkeypatch.setattr("components.validate.loaded_table._CELLS_AT_ONCE", cells)
    write_table(TABLE.to_batches(), TABLE.schema, tmp_path / "table")
    table = LoadedTable(str(tmp_path / "table"), 6)
    assert {name: values.n_null for name, values in table.iterate_columns()} == {
        "x": 1,
        "z": 0,
        "w": 2,
        "y": 1,
    }
    # The third row repeats the second, and the fifth the first.
    assert (table.count_duplicates(), table.count_targets("y")) == (2, 3)
    groups = dict(table.group_rows(["x", "z"], "y", has_classes=True))
    assert [(rows.n_rows, rows.n_groups) for rows in groups.values()] == [(3, 1), (3, 1)]
