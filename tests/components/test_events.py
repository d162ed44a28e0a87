import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.events import PassMeter, describe_pass, emit, format_bytes


def test_events_of_several_processes_stay_whole_lines(tmp_path: Path) -> None:
    events = tmp_path / "events"
    code = (
        "from components.events import emit\n"
        "for trial in range(200): emit('trial', number=trial, note='ü' * 50)"
    )
    environment = {"PYTHONPATH": ".", "KFP_TABULAR_EVENTS": str(events)}
    processes = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    numbers = [json.loads(line)["number"] for line in events.read_text(encoding="utf-8").splitlines()]
    assert sorted(numbers) == sorted([*range(200), *range(200)])


def test_without_a_watcher_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_TABULAR_EVENTS", raising=False)
    monkeypatch.chdir(tmp_path)
    emit("trial", number=1)
    assert not list(tmp_path.iterdir())


def use_clock(monkeypatch: pytest.MonkeyPatch, *times: float) -> None:
    moments = iter(times)
    monkeypatch.setattr("components.events.time.monotonic", lambda: next(moments))


def test_a_pass_is_told_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(tmp_path / "events"))
    use_clock(monkeypatch, 0.0, 0.5, 2.0, 2.5, 4.0, 6.0)
    meter = PassMeter("ingest", 1000, "bytes")
    for done in (100, 200, 300, 800, 1000):
        meter.update(done)
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [(event["event"], event["stage"], event["done"], event["left"]) for event in events] == [
        ("pass", "ingest", 200, 8.0),
        ("pass", "ingest", 800, 1.0),
    ]


def test_without_a_watcher_the_log_has_a_line_every_half_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KFP_TABULAR_EVENTS", raising=False)
    use_clock(monkeypatch, 0.0, 2.0, 40.0, 60.0, 80.0)
    meter = PassMeter("score", 4000, "rows")
    for done in (100, 1000, 1500, 2000):
        meter.update(done)
    assert capsys.readouterr().out == "1,000 of 4,000 rows, 2:00 left\n2,000 of 4,000 rows, 1:20 left\n"


def test_a_short_pass_and_one_of_unknown_size_tell_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KFP_TABULAR_EVENTS", raising=False)
    use_clock(monkeypatch, 0.0, 29.0, 0.0, 99.0)
    PassMeter("ingest", 10, "bytes").update(9)
    PassMeter("ingest", 0, "bytes").update(0)
    assert capsys.readouterr().out == ""


def test_amounts_have_three_digits() -> None:
    assert [format_bytes(n) for n in (0, 999, 12_345, 9_812_000_000)] == [
        "0 bytes",
        "999 bytes",
        "12.3 kB",
        "9.81 GB",
    ]
    assert describe_pass(31, 98, "bytes", 40) == "31 of 98 bytes, 0:40 left"
