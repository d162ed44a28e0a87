import os
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from pipelines.interface import MAKE_TARGET
from pipelines.local.local_server import ServedRun, choose_run_to_serve, serve
from pipelines.local.run_folder import RunFolder


def write_run(runs: Path, name: str, status: str, started: str, *, has_model: bool = True) -> None:
    folder = RunFolder(runs / name)
    folder.path.mkdir(parents=True)
    folder.save_record({"status": status, "started": started})
    if has_model:
        (folder.artifacts / "training-1" / "train" / "model").mkdir(parents=True)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    write_run(tmp_path, "first", "succeeded", "2026-11-24T10:00:00+00:00")
    write_run(tmp_path, "a-later-one", "succeeded", "2026-11-25T10:00:00+00:00")
    write_run(tmp_path, "scored", "succeeded", "2026-11-26T09:00:00+00:00", has_model=False)
    write_run(tmp_path, "refused", "rejected", "2026-11-26T10:00:00+00:00")
    write_run(tmp_path, "broken", "failed", "2026-11-26T11:00:00+00:00", has_model=False)
    return tmp_path


def test_it_is_the_last_run_whose_gates_were_passed(runs: Path) -> None:
    found = choose_run_to_serve(runs, None)
    assert found.name == "a-later-one"
    assert found.model == runs / "a-later-one" / "artifacts" / "training-1" / "train" / "model"


@pytest.mark.parametrize("name", ["first", "refused"])
def test_or_the_one_that_is_named(runs: Path, name: str) -> None:
    assert choose_run_to_serve(runs, name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("frist", "There is no run 'frist' in .*\nDid you mean 'first'?"),
        ("broken", "The run 'broken' has no model.\nSee .*; to resume it: make run RESUME=broken."),
    ],
)
def test_a_run_that_cannot_be_served_is_an_error(runs: Path, name: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        choose_run_to_serve(runs, name)


def test_without_an_approved_model_there_is_nothing_to_serve(tmp_path: Path) -> None:
    write_run(tmp_path, "refused", "rejected", "2026-11-26T10:00:00+00:00")
    with pytest.raises(InvalidSetting, match=r"No run in .* has an approved model.\nRun one: make run."):
        choose_run_to_serve(tmp_path, None)


@pytest.mark.parametrize(("target", "off"), [("serve", "LOG=0"), ("", "--no-log")])
@pytest.mark.parametrize("is_logged", [True, False])
def test_the_log_is_said_and_in_the_command_by_a_stand_in_for_execv(
    is_logged: bool,
    target: str,
    off: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "golden.json").write_text('{"rows": [{"age": 41}]}')
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: commands.append([path, *words]))
    monkeypatch.setenv(MAKE_TARGET, target)
    log = tmp_path / "monitoring" / "churn" / "logs"
    serve(ServedRun("one", tmp_path, log), "churn", 8080, 0, 2, is_logged=is_logged)
    (command,) = commands
    assert command[:4] == [sys.executable, sys.executable, "-m", "components.serve"]
    said = capsys.readouterr().out
    assert (f"Requests and predictions are logged in {log}; {off} turns this off.\n" in said) is is_logged
    assert command[-2:] == (["--log_dir", str(log)] if is_logged else ["--drain_seconds", "0"])
    # Git knows nothing of it.
    assert "/monitoring/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("has_card", [True, False])
def test_the_app_is_served_with_the_runs_card_by_a_stand_in_for_execv(
    has_card: bool, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluated = runs / "first" / "artifacts" / "training-1" / "evaluate"
    evaluated.mkdir()
    if has_card:
        (evaluated / "card").write_text("# Card")
    run = choose_run_to_serve(runs, "first")
    (run.model / "golden.json").write_text('{"rows": [{"age": 41}]}')
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: commands.append([path, *words]))
    serve(run, "churn", 8123, 0, 1, is_logged=False, app_runs=runs)
    (command,) = commands
    card = ["--app_card", str(evaluated / "card")] if has_card else []
    assert command[2:4] == ["-m", "pipelines.local.app_server"]
    assert command[command.index("--runs") :] == ["--runs", str(runs), "--app", *card]
    assert "open the app: http://127.0.0.1:8123/app\n" in capsys.readouterr().out
