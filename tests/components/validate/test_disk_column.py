"""A column on disk answers as one in memory does."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from components._table.engine import TableEngine
from components._table.storage import write_table
from components.validate.disk_column import DiskColumn
from components.validate.loaded_column import LoadedColumn
from components.validate.number_counts import N_KEPT, NumberCounts

TIME = pa.timestamp("us")
RANDOM = np.random.default_rng(0)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[TableEngine]:
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        yield engine


def _load(folder: Path, values: pa.Array, engine: TableEngine) -> tuple[LoadedColumn, DiskColumn]:
    """Return the same column in memory and on disk."""
    table = pa.table({"x": values})
    write_table(table.to_batches(max_chunksize=3), table.schema, folder / "table")
    columns, row = engine.add_numbered_table("t", folder / "table")
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    loaded = LoadedColumn("x", pa.chunked_array([values]))
    return loaded, DiskColumn(engine, "t", columns["x"], row, loaded.kind)


def _list_kept(counts: NumberCounts) -> list[list[float]]:
    kept = (counts.lowest, counts.highest, counts.frequent)
    return [array.tolist() for numbers in kept for array in numbers]


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 2, None, 2, 3], pa.int64()),
        ([2**53, 2**53 + 1, -(2**63), 2**63 - 1, None], pa.int64()),
        ([-1] * 9 + [*range(20, 60)] * 3 + [999] * 4, pa.int64()),
        ([*range(1_000, 1_100)], pa.int64()),
        ([int(x) for x in RANDOM.integers(0, 2**62, 100)], pa.int64()),
        ([2.5, float("nan"), None, 0.0, -0.0, float("inf"), float("-inf")], pa.float64()),
        ([0.0] * 30 + [float(x) for x in RANDOM.normal(70, 1, 99)], pa.float64()),
        ([float("inf")] * 7, pa.float64()),
        ([5e-324, -5e-324, 1.7e308], pa.float64()),
        ([None, None], pa.float64()),
        ([True, None, False], pa.bool_()),
        ([None, None], pa.bool_()),
        (["b", "a", None, "a\0", "a", "\0", "", "Ä", "ä", "🦔"], pa.string()),
        ([f"K{i:03}" for i in range(100)], pa.string()),
        ([f"the {i} th box came late" for i in range(1_200)], pa.string()),
        ([None], pa.string()),
        ([datetime(2026, 1, 1, 13, 45, 0, 5), None, datetime(1, 1, 1), datetime(9999, 12, 31)], TIME),
        ([datetime(1900, 1, 1)] * 20 + [datetime(2020, 1, 1 + i) for i in range(25)] * 2, TIME),
        ([None], TIME),
        ([], pa.int64()),
    ],
)
@pytest.mark.parametrize("few_values", [65_536, 0])
def test_it_answers_as_a_column_in_memory(
    tmp_path: Path,
    engine: TableEngine,
    values: list[Any],
    type_: pa.DataType,
    few_values: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.validate.disk_column._FEW_VALUES", few_values)
    loaded, stored = _load(tmp_path, pa.array(values, type_), engine)
    names = ("kind", "n_rows", "n_null", "n_known", "n_distinct")
    assert [getattr(stored, name) for name in names] == [getattr(loaded, name) for name in names]
    assert sum(n for _, n in stored.iterate_counts()) == loaded.n_known
    assert stored.list_frequent(3) == loaded.list_frequent(3) or loaded.kind != "string"
    if loaded.kind == "string":
        assert [list(stored.choose_texts(step)) for step in (1, 2, 7)] == [
            loaded.choose_texts(step) for step in (1, 2, 7)
        ]
    if loaded.kind == "float":
        assert stored.find_infinite() == loaded.find_infinite()
    if loaded.kind in ("integer", "float", "datetime"):
        assert stored.compute_range() == loaded.compute_range()
        found, expected = stored.count_numbers(), loaded.count_numbers()
        assert (found.n_values, found.n_rows) == (expected.n_values, expected.n_rows)
        assert _list_kept(found) == _list_kept(expected)
        for is_ordered in (True, False):
            pieces = [numbers.values for numbers in found.iterate(is_ordered)]
            numbers = np.concatenate([np.empty(0), *pieces])
            (whole,) = expected.iterate(is_ordered)
            assert (numbers if is_ordered else np.sort(numbers)).tolist() == whole.values.tolist()


def test_few_of_many_numbers_are_in_memory(tmp_path: Path, engine: TableEngine) -> None:
    _, stored = _load(tmp_path, pa.array(np.arange(70_000) * 2.0), engine)
    counts = stored.count_numbers()
    assert (counts.n_values, len(counts.lowest.values)) == (70_000, N_KEPT)
    assert counts.highest.values.tolist() == [2.0 * x for x in range(70_000 - N_KEPT, 70_000)]


def test_values_of_more_than_one_row_are_counted(tmp_path: Path, engine: TableEngine) -> None:
    _, stored = _load(tmp_path, pa.array(["a", "b", None, "a", None, "a", "c", "c"]), engine)
    assert (stored.n_repeated, stored.n_in_repeated) == (2, 5)
