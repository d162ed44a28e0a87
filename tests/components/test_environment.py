import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.environment import Environment, cpu_count, emit


def test_nothing_set_means_nothing_is_tracked_shared_or_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "KFP_TABULAR_EVENTS"):
        monkeypatch.setenv(name, "")
    for name in ("KFP_TABULAR_STUDY_JOURNAL", "KFP_TABULAR_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    assert Environment.read() == Environment(None, None, None, None)


def test_the_environment_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", "study.log")
    monkeypatch.setenv("KFP_TABULAR_EVENTS", "events.jsonl")
    monkeypatch.setenv("KFP_TABULAR_COMMIT", "abc")
    expected = Environment("sqlite:///runs.db", Path("study.log"), Path("events.jsonl"), "abc")
    assert Environment.read() == expected


def test_events_of_several_processes_stay_whole_lines(tmp_path: Path) -> None:
    events = tmp_path / "events"
    code = (
        "from components.environment import emit\n"
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


def test_a_process_is_never_given_more_processors_than_it_may_use() -> None:
    code = (
        "import os\nallowed = sorted(os.sched_getaffinity(0))\nos.sched_setaffinity(0, allowed[:1])\n"
        "from components.environment import cpu_count\nassert cpu_count() == 1, cpu_count()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert cpu_count() >= 1
