import logging
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from pipelines.local.local_run import find_defect_lines, is_rejected, list_parameters, list_tasks
from pipelines.local.run_state import RunState
from pipelines.spec_compiler import load_pipeline
from tests.pipelines.local.tiny_run import TINY, read_record, run_tiny

pytestmark = pytest.mark.usefixtures("tiny")


def test_a_run_leaves_everything_in_its_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    environment, executable = dict(os.environ), sys.executable
    assert run_tiny("table.csv", "--workers", "2") == 0
    folder = tmp_path / "runs" / "one"
    written = read_record(folder)
    assert written["status"] == "succeeded"
    assert written["parameters"] == {
        "source": str(tmp_path / "table.csv"),
        "target": "y",
        "problem": {},
        "trials": 2,
        "workers": 2,
    }
    assert list(written["parameters"]) == ["source", "target", "problem", "trials", "workers"]
    assert [(stage["name"], stage["status"]) for stage in written["stages"]] == [
        ("problem", "done"),
        ("ingest", "done"),
        ("tune", "done"),
        ("evaluate", "done"),
    ]
    assert all(stage["seconds"] > 0 for stage in written["stages"])
    assert sum(stage["seconds"] for stage in written["stages"]) < written["seconds"]
    assert (folder / "index.html").exists()
    assert (folder / "pages" / "evaluate.html").read_text().endswith("<p>drawn")
    log = (folder / "kfp.log").read_text()
    assert "Pipeline 'tiny' finished with status SUCCESS" in log
    assert "\x1b" not in log
    shown, errors = capfd.readouterr()
    assert errors == ""
    assert "KFP" not in shown
    assert re.findall(r"^✓ (\w+)", shown, re.MULTILINE) == ["problem", "ingest", "tune", "evaluate"]
    assert re.search(r"2 of 2 trials, \d:\d\d of 10:00, best ROC AUC 0.8,\s+Linear", shown)
    assert "Passed its gates" in shown
    assert str(folder / "index.html") in shown
    assert (dict(os.environ), sys.executable, Path.cwd()) == (environment, executable, tmp_path)


def test_a_run_takes_what_its_files_leave_empty(tmp_path: Path) -> None:
    """kfp's compiler refuses a null, which ``unreadable: null`` is in YAML."""
    problem = '{"unreadable": null, "columns": {"a": null}}'
    assert run_tiny("table.csv", "--problem", problem) == 0
    # As it was given, by which a resumed run is compared.
    given = read_record(tmp_path / "runs" / "one")["parameters"]["problem"]
    assert given == {"unreadable": None, "columns": {"a": None}}


def test_a_name_is_used_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    assert run_tiny("table.csv") == 2
    assert "The run 'one' already exists" in capfd.readouterr().err
    assert list((tmp_path / "runs" / "one").iterdir()) == []


def test_verbose_shows_what_kfp_says(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_tiny("mistake", "-v") == 1
    assert "Executing task" in capfd.readouterr().out


def test_a_folder_whose_name_kfp_would_replace_is_fine(tmp_path: Path) -> None:
    runs = tmp_path / "my python3 runs"
    assert run_tiny("table.csv", "--runs", str(runs)) == 0
    assert (runs / "one" / "index.html").exists()


def test_logging_and_warnings_are_as_before_a_run() -> None:
    before = (logging.getLogger().handlers[:], logging.getLogger().level, warnings.filters[:])
    run_tiny("mistake")
    assert (logging.getLogger().handlers, logging.getLogger().level, warnings.filters) == before


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGTERM, signal.SIGHUP)),
    ],
)
def test_an_interruption_ends_every_task(number: signal.Signals, tmp_path: Path) -> None:
    command, events = start_slow_run(tmp_path)
    wait_until(lambda: any((tmp_path / "temporary").glob("kfp-tabular-*/slow-*")))
    command.send_signal(number)
    _, errors = command.communicate(timeout=10)
    assert (command.returncode, errors) == (130, describe_stop(tmp_path))
    assert read_record(tmp_path / "one")["status"] == "stopped"
    assert '"state": "finished"' in events.read_text().splitlines()[-1]
    assert "Stopped in " in (tmp_path / "one" / "index.html").read_text()
    assert "Stopped by a person" in (tmp_path / "index.html").read_text()
    stages = {stage["name"]: stage["status"] for stage in read_record(tmp_path / "one")["stages"]}
    assert "interrupted" in stages.values()
    assert "failed" not in stages.values()
    assert list((tmp_path / "temporary").iterdir()) == []


PRESSED_TWICE = """
import os, signal
from pathlib import Path
from pipelines.local.interpreter import Interpreter
stop, calls = Interpreter.stop, []
def interrupted(interpreter):
    calls.append(interpreter)
    if len(calls) > 1:
        return stop(interpreter)
    os.kill(os.getpid(), signal.SIGINT)
    stop(interpreter)
    Path({marker!r}).touch()
Interpreter.stop = interrupted
"""


@pytest.mark.slow
def test_a_second_interruption_does_not_break_off_what_ends_the_tasks(tmp_path: Path) -> None:
    marker = tmp_path / "ended"
    command, _ = start_slow_run(tmp_path, before_it=PRESSED_TWICE.format(marker=str(marker)))
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=10)
    assert (command.returncode, errors) == (130, describe_stop(tmp_path))
    assert marker.exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="signals that are ignored are read from /proc")
@pytest.mark.parametrize("words", [[], ["nohup"]])
def test_a_run_ends_with_its_terminal_unless_nohup_asks_for_more(words: list[str], tmp_path: Path) -> None:
    command, _ = start_slow_run(tmp_path, *words)
    status = Path(f"/proc/{command.pid}/status").read_text()
    ignored, caught = (
        int(re.findall(rf"^Sig{kind}:\s*(\w+)", status, re.M)[0], 16) for kind in ("Ign", "Cgt")
    )
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=10)
    hangup = 1 << (signal.SIGHUP - 1)
    assert (bool(ignored & hangup), bool(caught & hangup)) == (bool(words), not words)


def describe_stop(runs: Path) -> str:
    resume = f"python -m pipelines run tiny --runs {runs} --resume one"
    return f"stopped; the results so far are in {runs / 'one'}\nresume it: {resume}\n"


def start_slow_run(tmp_path: Path, *words: str, before_it: str = "") -> tuple["subprocess.Popen[str]", Path]:
    script = before_it + (
        "import sys\n"
        "from pipelines.catalogue import PIPELINES\n"
        "from pipelines.cli.main import main\n"
        f"PIPELINES['tiny'] = '{TINY}'\n"
        f"sys.exit(main(['run', 'tiny', '--source', 'slow', '--target', 'y', '--name', 'one',"
        f" '--runs', {str(tmp_path)!r}]))"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = subprocess.Popen(
        [*words, sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The tests themselves may have been started by nohup, and what ignores a signal hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    events = tmp_path / "one" / "events.jsonl"
    wait_until(lambda: events.exists() and '"name": "ingest"' in events.read_text())
    return command, events


def wait_until(has_come: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not has_come():
        assert time.monotonic() < end, "ingest did not start"
        time.sleep(0.02)


def test_tasks_come_after_what_they_depend_on() -> None:
    assert list_tasks(load_pipeline("tiny")) == [
        "problem",
        "ingest",
        "tune-plan",
        "tune",
        "evaluate",
        "evaluate-gate",
    ]
    tasks = list_tasks(load_pipeline("training"))
    in_order = ["validate-gate", "split", "tune-plan", "tune", "tune-result", "train"]
    assert [task for task in tasks if task in in_order] == in_order
    # Nobody asked for it.
    assert "deploy" not in tasks


@pytest.mark.parametrize(
    ("task", "error", "expected"),
    [
        ("evaluate-gate", {}, True),
        ("evaluate-gate", {"container": True}, False),
        ("evaluate-gate", None, False),
        ("evaluate", {}, False),
    ],
)
def test_only_the_word_of_a_gate_rejects(task: str, error: dict | None, expected: bool) -> None:
    state = RunState([task])
    if error is not None:
        state.apply_event({"event": "error", "what": "w", "remedy": "r", "time": 1.0, **error})
    for change in ({"state": "started"}, {"state": "finished", "seconds": 1.0, "status": 1}):
        state.apply_event({"event": "task", "name": task, "time": 1.0, **change})
    assert is_rejected(state) is expected


def test_parameters_come_with_their_defaults() -> None:
    assert list_parameters(load_pipeline("tiny"))["trials"] == 2
    assert list_parameters(load_pipeline("training"))["budget_minutes"] == 10.0


LONG = "\n".join(f'    File "{n}.py"' for n in range(40))


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", []),
        ("one\n\n  two\n", ["one", "  two"]),
        (
            "before\n    Traceback (most recent call last):\n      File 'a'\n    KeyError: 1\n\n"
            "00:00:01.000 - ERROR - Task 'a' finished\nTraceback (most recent call last):\nRuntimeError: kfp",
            ["Traceback (most recent call last):", "  File 'a'", "KeyError: 1"],
        ),
        (f"    Traceback (most recent call last):\n{LONG}", [f'File "{n}.py"' for n in range(25, 40)]),
    ],
)
def test_what_matters_in_a_log_is_the_end_of_its_first_traceback(log: str, expected: list[str]) -> None:
    assert find_defect_lines(log) == expected
