from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from components.command_line import parse_settings


@dataclass(frozen=True)
class Options:
    folder: Annotated[Path, "the folder"]
    scratch: Annotated[Path | None, "another (none)"] = None
    rows: Annotated[int, "most rows (%(default)s)"] = 3
    loud: Annotated[bool, "whether to say more"] = False


def parse(*words: str) -> Options:
    return parse_settings(Options, "program", "Does it.", words)


def test_options_are_the_settings_and_have_their_defaults() -> None:
    assert parse("--folder", "a") == Options(Path("a"))
    assert parse("--folder=a", "--scratch=b", "--rows=5") == Options(Path("a"), Path("b"), 5)
    assert parse("--folder=a", "--loud").loud


@pytest.mark.parametrize(
    "words", [(), ("--folder=a", "--rows=many"), ("--folder=a", "--row", "x"), ("--folder=a", "--loud=no")]
)
def test_wrong_usage_has_status_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(*words)


def test_the_help_has_the_texts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse("--help")
    shown = capsys.readouterr().out
    assert "most rows (3)" in shown
    assert "Does it." in shown
