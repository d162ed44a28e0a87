from pathlib import Path

import pytest

from pipelines.cli.main import WRONG_USAGE, main
from pipelines.interface import MAKE_TARGET


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--minutes", "5"], "compare has no use for --minutes.\nLeave it out."),
        (["--deploy", "--study", "one"], "compare has no use for --deploy, --study."),
        (["trials=0"], "trials = 0 is out of range.\ntrials must be at least 1"),
        (["--base", "no-such-commit"], "has no commit 'no-such-commit'"),
        (["--source", "missing.csv", "--target", "y"], "missing.csv"),
        (["--source", "missing.csv"], "There is a source but no target"),
        (["--bsae", "main"], "Did you mean '--base'?"),
        (["--output", "full"], "is not empty.\nGive another: --output DIR."),
        (["--output", "full/file"], "cannot be used: "),
    ],
)
def test_a_mistake_is_named_before_anything_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert main(["compare", "--base", "HEAD", *words]) == WRONG_USAGE
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_a_mistake_is_told_in_the_words_of_make(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(MAKE_TARGET, "compare")
    monkeypatch.setenv("MAKEFLAGS", " -- MINUTES=5 BASE=HEAD")
    monkeypatch.setenv("MINUTES", "5")
    monkeypatch.setenv("BASE", "HEAD")
    assert main(["compare"]) == WRONG_USAGE
    error = capsys.readouterr().err
    assert "compare has no use for MINUTES=." in error
    assert "which TRIALS= sets" in error
