"""The repetition itself runs in tests/pipelines/cli/test_reproduce.py."""

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.local import reproduction
from pipelines.local.artifact_comparison import Difference, TaskComparison
from pipelines.local.checkout import Checkout
from pipelines.local.recorded_run import RecordedRun
from pipelines.local.reproduction import (
    RepetitionFailed,
    Reproduction,
    make_folder,
    remove_folder,
    reproduce,
)

PARAMETERS = {"source": "sample:churn", "target": "churned"}


def make_run(**changes: Any) -> RecordedRun:
    return RecordedRun(**{
        "title": "the run one", "revision": "HEAD", "parameters": PARAMETERS, "tasks": {},
        "status": "succeeded", **changes,
    })  # fmt: skip


def make_result(folder: Path, *differences: Difference, status: str = "succeeded") -> Reproduction:
    tasks = [TaskComparison("eda", 3, list(differences))]
    return Reproduction(make_run(), "abc", tasks, status, 1.0, {}, ["a note"], folder)


def test_only_a_run_that_ended_alike_with_equal_outputs_is_reproduced(tmp_path: Path) -> None:
    assert make_result(tmp_path).is_equal
    assert not make_result(tmp_path, status="rejected").is_equal
    assert not make_result(tmp_path, Difference("eda", "report", "other")).is_equal


def test_the_result_is_kept_with_every_difference(tmp_path: Path) -> None:
    make_result(tmp_path, Difference("eda", "report", "other")).save()
    assert json.loads((tmp_path / "reproduction.json").read_text()) == {
        "of": "the run one",
        "commit": "abc",
        "is_equal": False,
        "status": {"recorded": "succeeded", "repeated": "succeeded"},
        "files": {"eda": 3},
        "differences": [{"task": "eda", "file": "report", "what": "other"}],
        "notes": ["a note"],
    }


def test_the_folder_of_the_last_repetition_goes_with_that_of_all(tmp_path: Path) -> None:
    first, other = make_folder(tmp_path, "one"), make_folder(tmp_path, "other")
    assert first.parent == tmp_path / "reproductions"
    remove_folder(first)
    assert other.exists()
    remove_folder(other)
    assert not other.parent.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "reproductions").touch()
    with pytest.raises(InvalidSetting, match=r"reproductions/one-.* cannot be created"):
        make_folder(tmp_path, "one")


@pytest.mark.parametrize("name", ["source", "test"])
def test_a_table_that_is_gone_is_named_before_anything_runs(name: str, tmp_path: Path) -> None:
    table = str(tmp_path / "gone.csv")
    shown: list[str] = []
    with pytest.raises(InvalidSetting, match=f"The {name} of the training is gone: {table}"):
        reproduce(make_run(parameters={**PARAMETERS, name: table}), tmp_path, shown.append)
    assert shown == []


@pytest.mark.slow
def test_another_python_is_said_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: Any) -> None:
        raise InterruptedError("it would run now")

    monkeypatch.setattr(reproduction, "_repeat", end)
    shown: list[str] = []
    run = make_run(origin={"versions": {"python": "3.11.0"}})
    with pytest.raises(InterruptedError, match="it would run now"):
        reproduce(run, tmp_path, shown.append)
    said = f"  The training ran on Python 3.11.0, and this is Python {platform.python_version()}."
    assert said in shown


def test_a_commit_that_is_not_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="has no commit 'ffffffff'"):
        reproduce(make_run(revision="ffffffff"), tmp_path, print)


def make_checkout(folder: Path, monkeypatch: pytest.MonkeyPatch, status: str | None) -> Checkout:
    """Return a checkout whose training writes a status only."""
    (folder / "components").mkdir(parents=True)
    (folder / "components" / "environment.py").touch()

    def run(self: Checkout, words: list[str], environment: dict[str, str], log: Path) -> int:
        place = Path(words[words.index("--runs") + 1]) / "run"
        place.mkdir()
        if status is not None:
            (place / "run.json").write_text(json.dumps({"status": status}))
        log.write_text("error: it broke\n")
        return 1

    monkeypatch.setattr(Checkout, "run", run)
    return Checkout("c" * 40, folder, Path("python"))


@pytest.mark.parametrize("status", ["failed", None])
def test_a_repetition_that_fails_shows_its_last_lines(
    status: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = make_checkout(tmp_path / "suite", monkeypatch, status)
    monkeypatch.setattr(reproduction, "open_checkout", lambda _: _Opened(checkout))
    expected = f"ended with the status {status or 'not started'}:\nerror: it broke\nIts files are in"
    with pytest.raises(RepetitionFailed, match=expected):
        reproduce(make_run(), tmp_path, print)


def test_a_commit_that_cannot_repeat_trials_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = make_checkout(tmp_path / "suite", monkeypatch, "succeeded")
    monkeypatch.setattr(reproduction, "open_checkout", lambda _: _Opened(checkout))
    with pytest.raises(InvalidSetting, match="code of its commit cccccccccccc cannot run recorded trials"):
        reproduce(make_run(sweep={"trials": []}), tmp_path, print)


class _Opened:
    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    def __enter__(self) -> Checkout:
        return self._checkout

    def __exit__(self, *_: object) -> None:
        return None
