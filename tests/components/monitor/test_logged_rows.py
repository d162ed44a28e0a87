from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components._inference_log.reader import LogReader
from components._inference_log.record import LogRecord, encode_record
from components._table.reading import Value
from components._table.schema import Kind
from components.monitor.column_bins import build_bins
from components.monitor.logged_rows import LogSummary, join_rows, summarise_log
from components.monitor.rows import PredictedRows
from components.monitor.truth import KnownTruth
from components.monitor.window_counts import WindowCounts

KINDS: dict[str, Kind] = {"age": "integer", "city": "string", "since": "datetime"}
START = datetime(2026, 11, 20, tzinfo=UTC)
NOW = np.datetime64("2026-11-29T12:00:00", "us")


def make_reference() -> PredictedRows:
    return PredictedRows(
        pd.DataFrame(
            {
                "age": np.arange(100.0),
                "city": pd.Series(["Bern", "Basel"] * 50, dtype=object),
                "since": np.full(100, np.datetime64("2020-01-01", "us")),
            }
        ),
        np.linspace(0, 1, 100)[:, None],
        np.ones(100),
        np.full(100, np.datetime64("NaT", "us")),
        np.tile([0.0, 1.0], 50),
    )


def make_record(number: int, time: datetime) -> LogRecord:
    values: dict[str, Value] = {"age": float(number), "city": "Bern", "since": "2020-01-01T00:00:00"}
    keys = {"customer": f"c{number}"}
    return LogRecord(time, f"r{number}", 0, values, [0.25], 0, keys, weight=2.0)


def summarise(
    folder: Path,
    records: list[LogRecord],
    truth: KnownTruth | None = None,
    days: float = 28.0,
    most_rows: int = 100,
) -> LogSummary:
    file = folder / "20261120T000000-0-00000000.jsonl"
    file.write_bytes(b"".join(map(encode_record, records)))
    known = truth or KnownTruth.from_targets(("customer",), pd.Series(dtype=float))
    counts = WindowCounts(build_bins(make_reference(), KINDS, is_class=True), timedelta(days=1))
    reader = LogReader([file], KINDS, ["customer"])
    return summarise_log(reader.read(), KINDS, counts, known, NOW, days, 0, most_rows)


def test_rows_are_counted_by_window_and_sampled_with_their_weights(tmp_path: Path) -> None:
    records = [make_record(i, START + timedelta(hours=6 * i)) for i in range(8)]
    records[5].unreadable = ["age"]
    log = summarise(tmp_path, records)
    windows = [log.counts.windows[number] for number in sorted(log.counts.windows)]
    assert [window.n_rows for window in windows] == [4, 4]
    assert [window.weight for window in windows] == [8.0, 8.0]
    assert windows[1].unreadable["age"] == 2.0
    assert log.sample.weight.sum() == 16.0
    assert log.sample.columns["age"].tolist() == list(range(8))
    assert (log.start, log.end) == (np.datetime64("2026-11-20T00:00"), np.datetime64("2026-11-21T18:00"))
    assert (len(log.labelled), log.newest_truth) == (0, None)


def test_late_truth_labels_the_rows_of_its_keys(tmp_path: Path) -> None:
    truth = KnownTruth.from_targets(("customer",), pd.Series([1.0, 0.0], ["c1", "c3"]))
    records = [make_record(i, START + timedelta(hours=4 - i)) for i in range(4)]
    log = summarise(tmp_path, records, truth)
    assert log.n_labelled == 2
    # In the order of time.
    assert log.labelled.columns["age"].tolist() == [3, 1]
    assert log.labelled.truth.tolist() == [0.0, 1.0]


def test_rows_from_the_future_are_left_out_and_counted(tmp_path: Path) -> None:
    log = summarise(tmp_path, [make_record(0, START), make_record(1, START + timedelta(days=30))])
    assert (log.n_future, len(log.sample)) == (1, 1)


def test_windows_before_the_days_that_are_asked_for_are_left_out(tmp_path: Path) -> None:
    log = summarise(tmp_path, [make_record(i, START + timedelta(days=i)) for i in range(8)], days=2)
    assert len(log.counts.windows) == 3
    assert log.start == np.datetime64("2026-11-25")


def test_a_log_without_rows_is_empty(tmp_path: Path) -> None:
    log = summarise(tmp_path, [])
    assert (len(log.sample), log.start, log.counts.windows) == (0, None, {})


def test_a_sample_stands_for_all_rows(tmp_path: Path) -> None:
    records = [make_record(i, START + timedelta(minutes=i)) for i in range(100)]
    log = summarise(tmp_path, records, most_rows=10)
    assert log.n_sampled == 100
    assert len(log.sample) == 10
    assert log.sample.weight.sum() == pytest.approx(200.0)
    assert sum(window.n_rows for window in log.counts.windows.values()) == 100


def test_parts_with_other_categories_are_joined() -> None:
    reference = make_reference()
    part = reference.take(np.arange(2))
    joined = join_rows([part, reference.take(np.array([99]))])
    assert joined.columns["city"].tolist() == ["Bern", "Basel", "Basel"]
    assert len(joined) == 3
