from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._problem.spec import Problem
from components._table.quarantine import SetAside, write_quarantine
from components._table.storage import write_table
from components.split.deciding_rows import DecidingRows, RowSource, iterate_usable
from tests.row_masks import make_mask

N = 100
TABLE = pa.table(
    {
        "x": range(N),
        "who": [i // 2 for i in range(N)],
        "when": pa.array(range(N), pa.timestamp("us")),
        "y": [None if i % 10 == 0 else i % 3 == 0 for i in range(N)],
        "price": [float(i) for i in range(N)],
    }
)
BINARY = {"target": "y", "task": "binary", "metric": "roc_auc", "classes": [False, True], "group": "who"}
REGRESSION = {"target": "price", "task": "regression", "metric": "r2", "event_time": "when"}


def _write(folder: Path, *, has_quarantine: bool = False) -> RowSource:
    write_table(TABLE.to_batches(), TABLE.schema, folder / "table")
    if not has_quarantine:
        return RowSource(str(folder / "table"), "source", None)
    rows = SetAside("source", TABLE.to_batches(), make_mask([5], N), lambda found: ["x"] * found.num_rows)
    write_quarantine([rows], TABLE.schema, folder / "quarantine")
    return RowSource(str(folder / "table"), "source", str(folder / "quarantine"))


@pytest.mark.parametrize("has_quarantine", [False, True])
def test_rows_without_a_target_and_those_set_aside_are_not_usable(
    tmp_path: Path, has_quarantine: bool
) -> None:
    problem = Problem.from_settings({**BINARY, "positive_label": True})
    source = _write(tmp_path, has_quarantine=has_quarantine)
    (rows,) = iterate_usable(source, problem, ["x"])
    expected = [i for i in range(N) if i % 10 and not (has_quarantine and i == 5)]
    assert rows.numbers.tolist() == rows.batch.column("x").to_pylist() == expected
    assert np.flatnonzero(rows.is_usable).tolist() == expected
    assert rows.codes.tolist() == [int(i % 3 == 0) for i in expected]


@pytest.mark.parametrize("positive", [False, True])
def test_strata_are_in_the_order_of_the_classes(tmp_path: Path, positive: bool) -> None:
    problem = Problem.from_settings({**BINARY, "positive_label": positive})
    source = _write(tmp_path)
    deciding = DecidingRows([source.table], problem, ["x"])
    deciding.write((batch for _, batch in deciding.iterate(source)), tmp_path / "rows")
    found = pq.read_table(tmp_path / "rows")
    assert found.schema.names == ["stratum", "own_group", "group_hash", "row_hash"]
    assert found["stratum"].to_pylist() == [int(y) for y in TABLE["y"].to_pylist() if y is not None]
    assert len(set(found["row_hash"].to_pylist())) == found.num_rows
    assert len(set(found["group_hash"].to_pylist())) == len(set(found["own_group"].to_pylist()))


def test_a_regression_has_its_numbers_and_times(tmp_path: Path) -> None:
    source = _write(tmp_path)
    deciding = DecidingRows([source.table], Problem.from_settings(REGRESSION), ())
    ((_, batch),) = deciding.iterate(source)
    assert batch.schema.names == ["stratum", "y", "moment"]
    assert batch.column("y").to_pylist() == TABLE["price"].to_pylist()
    assert set(batch.column("stratum").to_pylist()) == {0}
