import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.environment import Environment, count_cpus, emit

VARIABLES = {
    "MLFLOW_TRACKING_URI": "sqlite:///runs.db",
    "MLFLOW_TRACKING_USERNAME": "ana",
    "MLFLOW_TRACKING_PASSWORD": "hidden 1",
    "MLFLOW_TRACKING_TOKEN": "hidden 2",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://mlflow",
    "AWS_ENDPOINT_URL": "http://minio:9000",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "hidden 3",
    "AWS_SECRET_ACCESS_KEY": "hidden 4",
    "AWS_SESSION_TOKEN": "hidden 5",
    "KFP_TABULAR_STUDY_URL": "postgresql+psycopg://ana:hidden@postgres/sweeps",
    "KFP_TABULAR_STUDY_JOURNAL": "study.log",
    "KFP_TABULAR_WEBHOOK": "https://chat.example/hidden",
    "KFP_TABULAR_EVENTS": "events.jsonl",
    "KFP_TABULAR_SERVE_IMAGE": "registry.example/kfp-tabular-serve:1.2.0",
    "KFP_TABULAR_COMMIT": "abc",
}


def test_nothing_set_means_that_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for i, name in enumerate(VARIABLES):
        monkeypatch.delenv(name, raising=False)
        if i % 2:
            monkeypatch.setenv(name, "")
    assert Environment.read() == Environment()
    assert set(vars(Environment()).values()) == {None}


def test_every_variable_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        # As it comes out of a Secret that was made from a file.
        monkeypatch.setenv(name, value + "\n")
    found = Environment.read()
    assert list(map(str, vars(found).values())) == list(VARIABLES.values())
    assert (found.study_journal, found.events) == (Path("study.log"), Path("events.jsonl"))


def test_no_credential_is_in_the_text_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    shown = repr(Environment.read())
    assert "http://minio:9000" in shown
    assert "hidden" not in shown


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
        "from components.environment import count_cpus\nassert count_cpus() == 1, count_cpus()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert count_cpus() >= 1
