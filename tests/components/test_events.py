import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.events import emit


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
