from pathlib import Path

import numpy as np
import pyarrow as pa

from components._table.quarantine import (
    Origin,
    SetAside,
    build_quarantine_schema,
    find_set_aside,
    write_quarantine,
)
from components._table.storage import open_table
from tests.row_masks import make_mask

ROWS = pa.table({"x": [1, 2, 3, 4, 5], "y": ["a", "b", "c", "d", "e"]})


def _set_aside(origin: Origin, rows: list[int]) -> SetAside:
    batches = ROWS.to_batches(max_chunksize=2)
    return SetAside(
        origin, batches, make_mask(rows, 5), lambda found: [f"x is {x}" for x in found["x"].to_pylist()]
    )


def test_rows_are_stored_with_their_numbers_and_reasons_and_found_again(tmp_path: Path) -> None:
    tables = [_set_aside("source", [1, 4]), _set_aside("test", [0])]
    info = write_quarantine(tables, ROWS.schema, tmp_path / "quarantine")
    assert (info.rows, info.columns) == (3, 5)
    assert open_table(tmp_path / "quarantine").to_table().to_pylist() == [
        {"quarantine_table": "source", "quarantine_row": 2, "quarantine_reason": "x is 2", "x": 2, "y": "b"},
        {"quarantine_table": "source", "quarantine_row": 5, "quarantine_reason": "x is 5", "x": 5, "y": "e"},
        {"quarantine_table": "test", "quarantine_row": 1, "quarantine_reason": "x is 1", "x": 1, "y": "a"},
    ]
    assert np.flatnonzero(find_set_aside(tmp_path / "quarantine", "source", 5)).tolist() == [1, 4]
    assert np.flatnonzero(find_set_aside(tmp_path / "quarantine", "test", 5)).tolist() == [0]


def test_without_rows_there_is_a_table_with_the_same_columns(tmp_path: Path) -> None:
    assert write_quarantine([], ROWS.schema, tmp_path / "quarantine").rows == 0
    assert open_table(tmp_path / "quarantine").schema.names[-2:] == ["x", "y"]
    assert not find_set_aside(tmp_path / "quarantine", "source", 5).any()


def test_a_table_may_have_columns_of_the_same_names(tmp_path: Path) -> None:
    again = build_quarantine_schema(build_quarantine_schema(ROWS.schema))
    assert again.names[:4] == [
        "quarantine_table_",
        "quarantine_row_",
        "quarantine_reason_",
        "quarantine_table",
    ]
    assert len(set(again.names)) == 8
