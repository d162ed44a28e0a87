from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.quarantine import (
    Origin,
    QuarantinedRows,
    SetAside,
    build_quarantine_schema,
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
    assert np.flatnonzero(QuarantinedRows(tmp_path / "quarantine", "source").take(5)).tolist() == [1, 4]
    assert np.flatnonzero(QuarantinedRows(tmp_path / "quarantine", "test").take(5)).tolist() == [0]


def test_without_rows_there_is_a_table_with_the_same_columns(tmp_path: Path) -> None:
    assert write_quarantine([], ROWS.schema, tmp_path / "quarantine").rows == 0
    assert open_table(tmp_path / "quarantine").schema.names[-2:] == ["x", "y"]
    assert not QuarantinedRows(tmp_path / "quarantine", "source").take(5).any()


def test_a_table_may_have_columns_of_the_same_names(tmp_path: Path) -> None:
    again = build_quarantine_schema(build_quarantine_schema(ROWS.schema))
    assert again.names[:4] == [
        "quarantine_table_",
        "quarantine_row_",
        "quarantine_reason_",
        "quarantine_table",
    ]
    assert len(set(again.names)) == 8


@pytest.mark.parametrize("size", [1, 2, 3, 50, 200])
def test_the_rows_are_found_batch_by_batch(tmp_path: Path, size: int) -> None:
    rows = pa.table({"x": range(200)})
    held = {"source": {3, 4, 100, 199}, "test": {0, 100}}
    origins: tuple[Origin, ...] = ("source", "test")
    tables = [
        SetAside(
            origin,
            rows.to_batches(max_chunksize=7),
            make_mask([*held[origin]], 200),
            lambda found: ["wrong"] * found.num_rows,
        )
        for origin in origins
    ]
    write_quarantine(tables, rows.schema, tmp_path / "quarantine")
    for origin in origins:
        quarantined = QuarantinedRows(tmp_path / "quarantine", origin)
        found = np.concatenate([quarantined.take(min(size, 200 - start)) for start in range(0, 200, size)])
        assert set(np.flatnonzero(found).tolist()) == held[origin]
