import threading
import time
from pathlib import Path

import pytest

from components._inference_log.kserve_events import InferenceEvent
from components._inference_log.segments import list_segments
from components.log_sink.logged_model import LoggedModel, UnknownModel
from components.log_sink.settings import Settings
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.version_collectors import MOST_VERSIONS, VersionCollectors
from tests.components.log_sink.test_version_collector import (
    MODEL,
    count_dropped,
    make_pair,
    read_ids,
    wait_until,
)


def put_pair(logs: VersionCollectors, model: str, version: str, name: str) -> list[bool]:
    return [logs.put(model, version, event) for event in make_pair(name)]


def test_each_version_has_a_folder_of_its_own(tmp_path: Path) -> None:
    def fetch(model: str, version: str) -> LoggedModel:
        return MODEL._replace(log_name=f"{version}-0123456789ab")

    logs = VersionCollectors(Settings("f", tmp_path), fetch, SinkMetrics())
    for model, version in (("a", "1"), ("a", "2"), ("b", "1")):
        assert put_pair(logs, model, version, f"of {model} {version}") == [True, True]
    wait_until(lambda: len(logs.list_open_files()) == 3)
    assert logs.list_open_files() == set(list_segments(tmp_path))
    logs.close(10)
    assert logs.list_open_files() == set()
    for model, version in (("a", "1"), ("a", "2"), ("b", "1")):
        assert read_ids(tmp_path / model / "logs" / f"{version}-0123456789ab") == [f"of {model} {version}"]


def test_a_version_may_take_half_of_the_memory_and_all_together_the_whole(tmp_path: Path) -> None:
    is_there = threading.Event()

    def fetch(model: str, version: str) -> LoggedModel:
        assert is_there.wait(20)
        return MODEL

    metrics = SinkMetrics()
    settings = Settings("f", tmp_path, queue_bytes=1_000_000, max_bytes=500_000)
    logs = VersionCollectors(settings, fetch, metrics)
    event, _ = make_pair("a")
    large = InferenceEvent(event.id, "request", event.time, b"x" * 99_000)
    assert [logs.put("a", "1", large) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [logs.put("b", "1", large) for _ in range(6)] == [True] * 5 + [False]
    assert not logs.put("c", "1", large)
    assert logs.n_bytes == 1_000_000
    assert count_dropped(metrics, "queue_full") == 4
    is_there.set()
    logs.close(20)


def test_the_version_that_was_silent_for_longest_makes_room(tmp_path: Path) -> None:
    fetched: list[str] = []

    def fetch(model: str, version: str) -> LoggedModel:
        fetched.append(model)
        if model == "unknown":
            raise UnknownModel("There is none.", "Look.")
        return MODEL._replace(log_name=f"{version}-0123456789ab")

    logs = VersionCollectors(Settings("f", tmp_path), fetch, SinkMetrics())
    put_pair(logs, "unknown", "1", "x")
    wait_until(lambda: fetched == ["unknown"])
    wait_until(lambda: logs.n_bytes == 0)
    for number in range(MOST_VERSIONS):
        put_pair(logs, f"m{number}", "1", "first")
    # The unknown one made room for the last.
    put_pair(logs, "m0", "1", "second")
    put_pair(logs, "new", "1", "first")
    put_pair(logs, "m0", "1", "third")
    put_pair(logs, "m1", "1", "again")
    logs.close(20)
    assert fetched.count("m0") == 1
    assert fetched.count("m1") == 2
    assert read_ids(tmp_path / "m0") == ["first", "second", "third"]
    assert sorted(read_ids(tmp_path / "m1")) == ["again", "first"]


@pytest.mark.slow
def test_all_models_together_stay_below_the_limit_of_the_spool(tmp_path: Path) -> None:
    metrics = SinkMetrics()
    settings = Settings("f", tmp_path, rows_per_second=10_000, spool_bytes=1_000_000)
    collectors = VersionCollectors(settings, lambda model, version: MODEL, metrics)
    for number in range(60):
        for model in ("a", "b"):
            rows = make_pair(f"{number}", n_rows=200)
            assert [collectors.put(model, "3", event) for event in rows] == [True, True]
        time.sleep(0.02)
    collectors.close(20)
    kept = sum(path.stat().st_size for path in list_segments(tmp_path))
    assert 500_000 < kept <= 1_000_000
    assert (metrics.registry.get_sample_value("tabular_log_sink_deleted_bytes_total") or 0) > 500_000
