import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from components._dask.partitions import list_partitions
from components._dask.workers import Workers, open_workers
from components._recipe.preprocess import Preprocessor
from components._table.engine import TableEngine
from components._table.storage import read_frame
from components.preprocess.column_queries import ColumnQueries
from components.preprocess.partition_queries import PartitionQueries
from components.preprocess.statistics import compute_statistics
from tests.components._model.tables import KINDS, draw_rows
from tests.components.preprocess.training_tables import (
    ENDS,
    ROWS,
    check_equal,
    make_preprocessor,
    make_table,
    write_parts,
)
from tests.tables import write_frame

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers(2 << 30, None) as opened:
        yield opened


@given(
    rows=ROWS,
    ends=ENDS,
    group=st.integers(5, 60),
    most_rows=st.integers(10, 60),
    factor=st.sampled_from([0.0, 0.5, 3.0]),
    rare_below=st.sampled_from([0.0, 0.05, 0.5]),
)
@settings(max_examples=8, deadline=None)
def test_any_rows_in_any_partitions_teach_what_they_teach_in_memory_and_to_duckdb(
    workers: Workers,
    rows: list[tuple[Any, ...]],
    ends: list[int],
    group: int,
    most_rows: int,
    factor: float,
    rare_below: float,
) -> None:
    given = make_preprocessor(fence_factor=factor, rare_below=rare_below)
    with TemporaryDirectory() as folder:
        path = write_parts(make_table(rows), ends, group, Path(folder) / "train")
        frame = read_frame(path)
        partitioned = PartitionQueries(workers, list_partitions(path, most_rows), "")
        found, sentences = compute_statistics(partitioned, given, ["d"])
        with TableEngine(256 << 20, Path(folder) / "scratch") as engine:
            of_duckdb, _ = compute_statistics(ColumnQueries(path, engine), given, ["d"])
    assert sentences == []
    assert (found["n_rows"], found["has_nulls"]) == (of_duckdb["n_rows"], of_duckdb["has_nulls"])
    from_dask = clone(given).set_params(statistics=found).fit(frame.iloc[:0])
    check_equal(from_dask, clone(given).set_params(statistics=of_duckdb).fit(frame.iloc[:0]))
    check_equal(from_dask, given.fit(frame))


def test_a_killed_worker_changes_nothing(workers: Workers, tmp_path: Path) -> None:
    frame = draw_rows(200_000)
    frame["amount"] += np.where(np.arange(200_000) < 70_000, 0, 1e6)
    write_frame(frame, KINDS, tmp_path / "train")
    given = Preprocessor(["amount", "visits", "member"], ["city", "product"], ["since"], fence_factor=0.1)
    partitioned = PartitionQueries(
        workers, list_partitions(tmp_path / "train", 1), "engine=dask was asked for"
    )
    expected = compute_statistics(partitioned, given, ["since"])
    orders = partitioned.map(find_process, given.numeric)
    os.kill(next(orders), signal.SIGKILL)
    assert compute_statistics(partitioned, given, ["since"]) == expected
    check_equal(clone(given).set_params(statistics=expected[0]).fit(frame.iloc[:0]), given.fit(frame))
    assert partitioned.describe() == [f"Computed by {workers.describe()}: engine=dask was asked for."]


def find_process(read: Any, names: list[str]) -> int:
    """Return the worker's process, after it has read something."""
    list(read(names))
    return os.getpid()
