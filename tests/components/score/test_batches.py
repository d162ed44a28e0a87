import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._dask.partitions import iterate_partition
from components._dask.workers import Workers, open_workers
from components._model.scorer import Scorer
from components._table.storage import read_arrow_schema
from components.score.batch_scorer import BatchScorer
from components.score.batches import place_batches, score_here, score_on_workers
from tests.components.score.models import IDS, write_model, write_rows

PREDICTIONS = pa.schema(
    [
        ("row", pa.int64()),
        ("customer", pa.string()),
        ("prediction", pa.string()),
        ("probability", pa.float64()),
        ("model_version", pa.string()),
    ]
)


def write_groups(folder: Path, sizes: Sequence[int], group: int) -> None:
    """Write files of these numbers of rows in row groups of this size."""
    folder.mkdir()
    start = 0
    for at, size in enumerate(sizes):
        table = pa.table({"n": range(start, start + size)})
        pq.write_table(table, folder / f"part-{at:05d}.parquet", row_group_size=group)
        start += size


@pytest.mark.parametrize("sizes", [(100,), (30, 0, 50, 20), (1,) * 100])
@pytest.mark.parametrize("rows", [1, 7, 25, 200])
def test_a_batch_has_the_partitions_of_its_rows_and_no_others(
    tmp_path: Path, sizes: tuple[int, ...], rows: int
) -> None:
    folder = tmp_path / "table"
    write_groups(folder, sizes, 8)
    batches = [range(start, min(start + rows, 100)) for start in range(3, 100, rows)]
    for batch, wanted in zip(place_batches(str(folder), batches), batches, strict=True):
        read = [
            n
            for part in batch.partitions
            for piece in iterate_partition(part)
            for n in piece["n"].to_pylist()
        ]
        assert batch.rows == wanted
        assert read == list(range(batch.first, batch.first + len(read)))
        assert read[wanted.start - batch.first :][: len(wanted)] == list(wanted)
        assert batch.first + batch.partitions[0].n_rows > wanted.start
        assert read[-1] - batch.partitions[-1].n_rows < wanted[-1]


def test_a_batch_is_named_by_its_rows(tmp_path: Path) -> None:
    write_groups(tmp_path / "table", (2_000,), 500)
    (batch,) = place_batches(str(tmp_path / "table"), [range(900, 1_100)])
    assert str(batch) == "rows 900 to 1,099"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers(2 << 30, None) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("fast", [True, False], ids=["compiled", "pipeline"])
def test_workers_predict_what_this_process_predicts_also_if_one_is_killed(
    tmp_path: Path, workers: Workers, fast: bool
) -> None:
    write_model(tmp_path, "binary", 0.3, fast=fast)
    write_rows(tmp_path)
    dataset = str(tmp_path / "dataset")
    scorer = BatchScorer(Scorer(tmp_path / "model"), "7", read_arrow_schema(dataset), PREDICTIONS, IDS)
    batches = [range(start, start + 10) for start in range(0, 400, 10)]
    expected: dict[range, object] = {}
    made: dict[range, object] = {}
    score_here(scorer, dataset, batches, lambda rows, *scored: expected.update({rows: scored}), n_threads=2)
    assert sorted(expected, key=batches.index) == batches
    pids = list(workers.client.run(os.getpid).values())

    def write(rows: range, *scored: object) -> None:
        if not made:
            os.kill(pids[0], signal.SIGKILL)
        made[rows] = scored

    score_on_workers(scorer, dataset, batches, write, workers)
    assert made == expected
