import json
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from components._inference_log.record import PredictedRow, RecordBuilder
from components._inference_log.segments import SegmentWriter, list_segments
from components._inference_log.writer import LogWriter, WrittenRows
from components._table.row_reader import RowReader
from components._table.schema import Column, Schema

BUILDER = RecordBuilder(RowReader(["a"], Schema((Column("a", "float", 1, 2, 0.0, 1e9),), 2)), 0)


class Predicted(NamedTuple):
    outputs: list[float]
    decision: int | None = None


def offer(log: LogWriter, first: int, n_rows: int) -> None:
    rows: list[Mapping[str, Any]] = [{"a": float(first + i)} for i in range(n_rows)]
    log.offer(rows, [Predicted([float(first + i)]) for i in range(n_rows)], lambda: f"r{first}")


def read_records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in list_segments(folder) for line in path.read_text().splitlines()]


def make_log(folder: Path, rows_per_second: float) -> tuple[LogWriter, list[WrittenRows]]:
    written: list[WrittenRows] = []
    segments = SegmentWriter(folder, "v", most_bytes=100_000_000)
    return LogWriter(BUILDER, segments, rows_per_second, written.append), written


def test_every_row_is_written_while_there_are_few(tmp_path: Path) -> None:
    log, written = make_log(tmp_path, 10)
    with log:
        offer(log, 0, 3)
        offer(log, 3, 1)
    records = read_records(tmp_path)
    assert [(of["id"], of["row"], of["values"]["a"], of["outputs"], of["weight"]) for of in records] == [
        ("r0", 0, 0.0, [0.0], 1.0),
        ("r0", 1, 1.0, [1.0], 1.0),
        ("r0", 2, 2.0, [2.0], 1.0),
        ("r3", 0, 3.0, [3.0], 1.0),
    ]
    assert sum(each.kept for each in written) == 4


def test_weights_sum_to_the_rows_seen_and_keep_means_unbiased(tmp_path: Path) -> None:
    log, written = make_log(tmp_path, 10)
    n_rows = 0
    for _ in range(5):
        for length in (1, 7, 500, 1, 3_000):
            offer(log, n_rows, length)
            n_rows += length
        log.write()
    records = read_records(tmp_path)
    assert sum(of["weight"] for of in records) == pytest.approx(n_rows)
    # Each write takes the same share of what no row used.
    assert [each.kept for each in written] == [pytest.approx(450 * 0.85**i, abs=3) for i in range(5)]
    assert len(records) == sum(each.kept for each in written)
    assert sum(each.sampled_out for each in written) == n_rows - len(records)
    mean = sum(of["weight"] * of["values"]["a"] for of in records) / n_rows
    assert mean == pytest.approx(n_rows / 2, abs=5 * n_rows / (12 * len(records)) ** 0.5)


def test_a_burst_is_not_told_by_a_few_heavy_rows(tmp_path: Path) -> None:
    log, _ = make_log(tmp_path, 10)
    for i in range(25):
        offer(log, 400 * i, 400)
        log.write()
    weights = [of["weight"] for of in read_records(tmp_path)]
    assert sum(weights) == pytest.approx(10_000)
    # So many rows of equal weight would be as good (Kish 1965).
    assert sum(weights) ** 2 / sum(weight**2 for weight in weights) > 800


@pytest.mark.slow
def test_the_limit_holds_on_average(tmp_path: Path) -> None:
    log, written = make_log(tmp_path, 40)
    started = time.monotonic()
    for _ in range(300):
        offer(log, 0, 10_000)
        log.write()
    seconds = time.monotonic() - started
    assert written[0].kept == 1_800
    # What five minutes did not use is used up; one row of each write is beyond the limit at most.
    assert sum(each.kept for each in written) <= 40 * (300 + seconds) + len(written)
    assert written[-1].kept <= 0.15 * 40 * seconds + 1


def test_it_is_on_the_disk_within_a_second(tmp_path: Path) -> None:
    log, _ = make_log(tmp_path, 10)
    with log:
        offer(log, 0, 2)
        time.sleep(1)
        assert len(read_records(tmp_path)) == 2


def test_rows_from_several_threads_are_all_counted(tmp_path: Path) -> None:
    log, written = make_log(tmp_path, 10)

    def ask() -> None:
        for i in range(2_000):
            offer(log, i, 2)

    with log:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(each.kept + each.sampled_out for each in written) == 16_000
    assert sum(of["weight"] for of in read_records(tmp_path)) == pytest.approx(16_000)


def test_rows_that_cannot_be_written_are_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    log, written = make_log(Path("/proc/nowhere"), 10)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            offer(log, 0, 2)
            log.write()
    assert [each.lost for each in written] == [2, 2, 2]
    (said,) = caplog.messages
    assert said.startswith("The inference log loses rows: [Errno ")
    assert said.endswith("The server goes on without them.")


def test_a_defect_loses_rows_and_not_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log, written = make_log(tmp_path, 10)
    log.offer([{"a": []}], [Predicted([0.0])], lambda: "r")
    log.write()
    offer(log, 5, 1)
    log.write()
    assert [(each.kept, each.lost) for each in written] == [(0, 1), (1, 0)]
    assert len(caplog.messages) == 1


def test_deleted_bytes_are_counted(tmp_path: Path) -> None:
    written: list[WrittenRows] = []
    segments = SegmentWriter(tmp_path, "v", most_bytes=20_000)
    log = LogWriter(BUILDER, segments, 10, written.append)
    for _ in range(10):
        offer(log, 0, 50)
        log.write()
    n_bytes = sum(path.stat().st_size for path in list_segments(tmp_path))
    assert 10_000 < n_bytes <= 20_000
    assert sum(each.deleted_bytes for each in written) > 20_000


def test_rows_that_were_predicted_elsewhere_keep_their_time_and_are_sampled_alike(tmp_path: Path) -> None:
    log, written = make_log(tmp_path, 2)
    rows = [PredictedRow(1_000.0 + i, "r", i, {"a": 1.0}, Predicted([0.5])) for i in range(1_000)]
    with log:
        log.add(rows[:600])
        log.add(rows[600:])
    records = read_records(tmp_path)
    assert len(records) == 90
    assert sum(of["weight"] for of in records) == pytest.approx(1_000)
    assert records[0]["time"].startswith("1970-01-01T00:")
    assert (sum(of.kept for of in written), sum(of.sampled_out for of in written)) == (90, 910)
