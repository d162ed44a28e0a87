import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.local.resumption import prepare_resume

PARAMETERS = {
    "source": "/data/table.csv",
    "target": "left",
    "task": "auto",
    "trials": 30,
    "budget_minutes": 10.0,
    "max_models": 5,
    "seed": 0,
    "study": "one",
    "problem": {},
}


def _write(runs: Path, name: str = "one", **record: Any) -> None:
    (runs / name).mkdir(parents=True)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    whole = {"name": name, "status": "stopped", "process": 1, "started": now, "parameters": PARAMETERS}
    whole |= record
    (runs / name / "run.json").write_text(json.dumps(whole))


@pytest.mark.parametrize("status", ["stopped", "failed"])
def test_a_run_goes_on_with_its_parameters(tmp_path: Path, status: str) -> None:
    _write(tmp_path, status=status)
    folder, arguments = prepare_resume(tmp_path, "one", {}, None)
    assert folder.path == tmp_path / "one"
    assert arguments == PARAMETERS


def test_what_leaves_the_sweep_as_it_is_may_change(tmp_path: Path) -> None:
    _write(tmp_path)
    given = {"trials": 60, "budget_minutes": 1.0, "max_models": 2, "max_latency_ms": 5.0, "workers": 2}
    _, arguments = prepare_resume(tmp_path, "one", {**given, "seed": 0, "target": "left"}, None)
    assert arguments == {**PARAMETERS, **given}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": 7}, "The run 'one' cannot be resumed with seed 7, not 0.\n"),
        ({"target": "age", "metric": "r2"}, "with target 'age', not 'left', metric 'r2', not None"),
        ({"study": "other", "trials": 99}, "with study 'other', not 'one'.\n.*change only: trials, minutes,"),
    ],
)
def test_what_would_make_it_another_sweep_is_refused(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    _write(tmp_path)
    with pytest.raises(InvalidSetting, match=message):
        prepare_resume(tmp_path, "one", given, None)


@pytest.mark.parametrize(("status", "says"), [("succeeded", "has succeeded"), ("rejected", "was rejected")])
def test_a_finished_run_goes_on_if_it_is_given_more(tmp_path: Path, status: str, says: str) -> None:
    _write(tmp_path, status=status)
    for given in ({}, {"trials": 30}, {"trials": 20}, {"max_models": 3}):
        with pytest.raises(
            InvalidSetting,
            match=f"{says}, so .*\nTo resume it, give it --trials above 30 or --minutes above 10",
        ):
            prepare_resume(tmp_path, "one", given, None)
    assert prepare_resume(tmp_path, "one", {"trials": 31}, None)[1]["trials"] == 31
    assert prepare_resume(tmp_path, "one", {"budget_minutes": 10.5}, None)[1]["budget_minutes"] == 10.5


def test_a_run_without_a_number_of_trials_goes_on_if_it_is_given_more_time(tmp_path: Path) -> None:
    _write(tmp_path, status="succeeded", parameters={**PARAMETERS, "trials": 0})
    for given in ({}, {"trials": 0}, {"trials": 99}, {"budget_minutes": 10.0}):
        with pytest.raises(
            InvalidSetting, match=r"so it is complete.\nTo resume it, give it --minutes above 10\.$"
        ):
            prepare_resume(tmp_path, "one", given, None)
    arguments = prepare_resume(tmp_path, "one", {"budget_minutes": 20.0}, None)[1]
    assert (arguments["trials"], arguments["budget_minutes"]) == (0, 20.0)


def test_a_run_with_minutes_only_keeps_its_number_of_trials_when_resumed(tmp_path: Path) -> None:
    _write(tmp_path, status="succeeded")
    assert prepare_resume(tmp_path, "one", {"budget_minutes": 20.0}, None)[1]["trials"] == 30
    # As many trials as the time allows are more than any number.
    assert prepare_resume(tmp_path, "one", {"trials": 0}, None)[1]["trials"] == 0


def test_a_run_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"There is no run 'one' in .*\.\nRun one: make run\."):
        prepare_resume(tmp_path, "one", {}, None)
    _write(tmp_path, "training-2026")
    with pytest.raises(InvalidSetting, match=r"Did you mean 'training-2026'\?"):
        prepare_resume(tmp_path, "training-2025", {}, None)


def test_a_run_keeps_its_name(tmp_path: Path) -> None:
    _write(tmp_path)
    with pytest.raises(InvalidSetting, match="Leave --name out"):
        prepare_resume(tmp_path, "one", {}, "two")


def test_a_run_is_not_begun_twice(tmp_path: Path) -> None:
    script = "import sys; sys.stdin.read()  # pipelines"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    try:
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():
            # It is not yet the program that it is to become.
            time.sleep(0.01)
        _write(tmp_path, status="running", process=process.pid)
        with pytest.raises(
            InvalidSetting, match=f"The run 'one' is still running, as process {process.pid}."
        ):
            prepare_resume(tmp_path, "one", {}, None)
        # One that began long before had the number first, as before a container was started anew.
        _write(tmp_path, "old", status="running", process=process.pid, started="2026-01-01T00:00:00+00:00")
        assert prepare_resume(tmp_path, "old", {}, None)[1] == PARAMETERS
    finally:
        process.kill()
        process.communicate()
    # Killed, it says for ever that it runs.
    assert prepare_resume(tmp_path, "one", {}, None)[1] == PARAMETERS


@pytest.mark.parametrize("process", [None, 1])
def test_a_number_that_another_program_has_now_is_no_run(tmp_path: Path, process: int | None) -> None:
    _write(tmp_path, status="running", process=process)
    assert b"pipelines" not in Path(f"/proc/{process or os.getpid()}/cmdline").read_bytes() or process is None
    assert prepare_resume(tmp_path, "one", {}, None)[1] == PARAMETERS
