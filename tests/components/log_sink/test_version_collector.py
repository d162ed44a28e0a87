import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components._inference_log.kserve_events import EventConverter, InferenceEvent, Kind
from components._inference_log.record import RecordBuilder
from components._inference_log.segments import SegmentWriter, list_segments
from components._table.row_reader import RowReader
from components._table.schema import Column, Schema
from components._tracking.tracking_server import TrackingError
from components.log_sink.logged_model import LoggedModel, UnknownModel
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.version_collector import VersionCollector

BUILDER = RecordBuilder(RowReader(["a"], Schema((Column("a", "float", 1, 2, 0.0, 1e9),), 2)), 0)
MODEL = LoggedModel(BUILDER, EventConverter(BUILDER, [], {"3"}), "3-0123456789ab")


def make_event(name: str, kind: Kind, body: dict[str, Any]) -> InferenceEvent:
    return InferenceEvent(name, kind, datetime.now(UTC), json.dumps(body).encode())


def make_pair(name: str, n_rows: int = 1) -> list[InferenceEvent]:
    return [
        make_event(name, "request", {"instances": [{"a": 1.0}] * n_rows}),
        make_event(name, "response", {"predictions": [{"value": 0.5}] * n_rows, "model_version": "3"}),
    ]


def start_log(folder: Path, fetch: Callable[[], LoggedModel]) -> tuple[VersionCollector, SinkMetrics]:
    metrics = SinkMetrics()

    def open_segments(name: str) -> SegmentWriter:
        return SegmentWriter(folder, name, most_bytes=1_000_000)

    return VersionCollector("m", "3", fetch, open_segments, 10, metrics, between_fetches=0.05), metrics


def count_dropped(metrics: SinkMetrics, reason: str) -> float:
    name = "tabular_log_sink_dropped_events_total"
    return metrics.registry.get_sample_value(name, {"reason": reason}) or 0


def wait_until(is_done: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not is_done():
        assert time.monotonic() < end
        time.sleep(0.01)


def finish(log: VersionCollector) -> None:
    log.stop()
    log.join(10)
    assert not log.is_running


def read_ids(folder: Path) -> list[str]:
    return [
        json.loads(line)["id"] for path in list_segments(folder) for line in path.read_text().splitlines()
    ]


def test_events_wait_for_the_model(tmp_path: Path) -> None:
    is_there = threading.Event()

    def fetch() -> LoggedModel:
        assert is_there.wait(10)
        return MODEL

    log, _ = start_log(tmp_path, fetch)
    for event in [*make_pair("a"), *reversed(make_pair("b"))]:
        log.put(event)
    assert log.n_bytes > 0
    is_there.set()
    wait_until(lambda: log.n_bytes == 0)
    wait_until(lambda: log.open_file is not None)
    assert read_ids(tmp_path / MODEL.log_name) == ["a", "b"]
    finish(log)
    assert log.open_file is None


def test_a_registry_that_comes_back_loses_no_event(tmp_path: Path) -> None:
    failures = [TrackingError("MLflow is away.", "Start it.")] * 3

    def fetch() -> LoggedModel:
        if failures:
            raise failures.pop()
        return MODEL

    log, metrics = start_log(tmp_path, fetch)
    for event in make_pair("a"):
        log.put(event)
    finish_when_written(log, tmp_path)
    assert read_ids(tmp_path) == ["a"]
    assert count_dropped(metrics, "stopped") == 0


def finish_when_written(log: VersionCollector, folder: Path) -> None:
    wait_until(lambda: list_segments(folder))
    finish(log)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("error", "reason"),
    [(UnknownModel("There is none.", "Look."), "unknown_model"), (ValueError("a defect"), "unusable_model")],
)
def test_the_events_of_a_model_that_cannot_be_logged_are_dropped_until_it_can(
    tmp_path: Path, error: Exception, reason: str
) -> None:
    is_there = threading.Event()

    def fetch() -> LoggedModel:
        if not is_there.is_set():
            raise error
        return MODEL

    log, metrics = start_log(tmp_path, fetch)
    wait_until(lambda: log.is_refused)
    for event in make_pair("a"):
        log.put(event)
    assert count_dropped(metrics, reason) == 2
    assert log.n_bytes == 0
    is_there.set()
    wait_until(lambda: not log.is_refused)
    for event in make_pair("b"):
        log.put(event)
    finish_when_written(log, tmp_path)
    assert read_ids(tmp_path) == ["b"]


def test_what_is_left_when_the_sink_ends_is_written_or_counted(tmp_path: Path) -> None:
    log, _ = start_log(tmp_path / "written", lambda: MODEL)
    for event in make_pair("a"):
        log.put(event)
    finish(log)
    assert read_ids(tmp_path / "written") == ["a"]

    def fail() -> LoggedModel:
        raise TrackingError("MLflow is away.", "Start it.")

    away, metrics = start_log(tmp_path / "away", fail)
    for event in make_pair("a"):
        away.put(event)
    finish(away)
    assert count_dropped(metrics, "stopped") == 2


def test_a_request_without_a_body_is_counted_and_not_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log, metrics = start_log(tmp_path, lambda: MODEL)
    for event in make_pair("a"):
        log.put(replace(event, body=b"" if event.kind == "request" else event.body))
    finish(log)
    assert count_dropped(metrics, "no_prediction") == 2
    assert caplog.records == []


def test_events_that_are_no_predictions_of_the_model_are_counted(tmp_path: Path) -> None:
    log, metrics = start_log(tmp_path, lambda: MODEL)
    for event in (
        make_event("a", "request", {"instances": [{"a": "x"}]}),
        make_event("a", "response", {"predictions": [{"value": 0.5}], "model_version": "3"}),
        make_event("b", "request", {}),
        make_event("b", "response", {}),
        make_event("c", "request", {}),
        make_event("c", "request", {}),
    ):
        log.put(event)
    finish(log)
    assert (count_dropped(metrics, "unconvertible"), count_dropped(metrics, "incomplete")) == (4, 1)
    assert read_ids(tmp_path) == []
