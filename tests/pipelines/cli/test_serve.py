import os
from pathlib import Path

import pytest

from pipelines.cli.main import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "has an approved model"),
        (("--run", "one"), "There is no run 'one'"),
        (("--port", "0"), "'0' is not a whole number of at least 1"),
        (("--grpc-port", "-1"), "not a whole number of at least 0"),
        (("--workers", "x"), "'x' is not a whole number of at least 1"),
    ],
)
def test_what_cannot_be_served_is_told(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--runs", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "is_logged"),
    [((), True), (("--no-log",), False), (("--app",), False), (("--app", "--log"), True)],
)
def test_what_people_try_in_the_app_is_logged_on_request_only(
    words: tuple[str, ...], is_logged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "one" / "artifacts" / "training-1" / "train" / "model"
    model.mkdir(parents=True)
    (model / "golden.json").write_text('{"rows": [{}]}')
    (tmp_path / "one" / "run.json").write_text(
        '{"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"}'
    )
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, given: commands.append(given))
    main(["serve", "--runs", str(tmp_path), "--run", "one", *words])
    (command,) = commands
    assert ("--log_dir" in command) is is_logged
    assert ("--app" in command) is ("--app" in words)
