import argparse
import re
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from pipelines.cli.main import build_parser, main
from pipelines.cli.parser import (
    CommandParser,
    check_unknown_words,
    list_option_names,
    list_variable_words,
    make_number_type,
    resolve_given,
)
from pipelines.interface import MAKE_TARGET


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("target", "words"), [("run", ["run", "training"]), ("score", ["run", "scoring"]), ("serve", ["serve"])]
)
def test_every_variable_that_make_help_names_means_something(target: str, words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (help_text,) = re.findall(rf"^{target}: .*## (.*)$", makefile, flags=re.MULTILINE)
    variables = set(re.findall(r"\b[A-Z_]{3,}\b", help_text))
    parser = build_parser().parse_args(words).parser
    assert {"MODEL", "RESUME", "PORT"} & {*variables}
    assert variables <= {name.upper().replace("-", "_") for name in parser.flags}


def test_variables_of_make_become_options_and_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "export KFP_TABULAR_MAKE_TARGET = $@" in makefile
    monkeypatch.setenv(MAKE_TARGET, "run")
    monkeypatch.setenv("MAKEFLAGS", " -- TRIALS=many RESUME=one")
    monkeypatch.setenv("TRIALS", "many")
    monkeypatch.setenv("RESUME", "one")
    assert main(["run", "training"]) == 2
    assert capsys.readouterr().err.startswith("error: TRIALS must be a whole number, but is 'many'.")
    monkeypatch.setenv("TRIALS", "3")
    assert main(["run", "training"]) == 2
    assert "There is no run 'one' in" in capsys.readouterr().err


def test_a_short_name_is_the_one_to_show() -> None:
    assert list_option_names("training", "budget_minutes") == ["minutes", "budget-minutes"]
    assert list_option_names("training", "target") == ["target"]
    assert list_option_names("nothing", "a_b") == ["a-b"]


def test_variables_become_words_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = CommandParser()
    parser.add_parameters("training")
    parser.add_argument("--resume")
    parser.add_argument("--docker", action="store_true")
    assert list(list_variable_words(parser, "training")) == []
    monkeypatch.setenv(MAKE_TARGET, "run")
    monkeypatch.setenv("MAKEFLAGS", " -- MINUTES=2 RESUME=one DOCKER=0")
    for name, value in (("MINUTES", "2"), ("RESUME", "one"), ("DOCKER", "0")):
        monkeypatch.setenv(name, value)
    assert list(list_variable_words(parser, "training")) == ["budget_minutes=2", "--resume=one"]


@pytest.mark.parametrize(("value", "words"), [("0", ["--no-log"]), ("1", ["--log"]), ("", [])])
def test_a_variable_turns_a_switch_off(monkeypatch: pytest.MonkeyPatch, value: str, words: list[str]) -> None:
    parser = CommandParser()
    parser.add_argument("--log", action=argparse.BooleanOptionalAction, default=True)
    monkeypatch.setenv(MAKE_TARGET, "serve")
    monkeypatch.setenv("MAKEFLAGS", f" -- LOG={value}")
    monkeypatch.setenv("LOG", value)
    assert list(list_variable_words(parser, None)) == words
    assert parser.parse_args(words).log is (value != "0")


def test_options_win_over_words() -> None:
    parser = CommandParser()
    parser.add_parameters("training")
    given = parser.parse_args(["trials=3", "seed=1", "--weighs-time", "--trials", "7"])
    assert resolve_given(given, parser.parameters) == {"trials": 7, "seed": 1, "weighs_time": True}


def test_what_is_typed_comes_before_a_file() -> None:
    parser = CommandParser()
    parser.add_parameters("training")
    given = parser.parse_args(["--trials", "7"])
    values = {"trials": 5, "seed": 1}
    assert resolve_given(given, parser.parameters, values) == {"trials": 7, "seed": 1}
    with pytest.raises(InvalidSetting, match="no parameter 'trails'"):
        resolve_given(given, parser.parameters, {"trails": 5})


def test_words_behind_an_option_are_kept_and_others_refused() -> None:
    parser = CommandParser()
    parser.add_argument("--resume")
    assert check_unknown_words(["trials=5"], parser) == ["trials=5"]
    with pytest.raises(InvalidSetting, match=r"no option --resum\.\nDid you mean '--resume'"):
        check_unknown_words(["--resum=x"], parser)
    with pytest.raises(InvalidSetting, match=r"The command has no argument t\.csv"):
        check_unknown_words(["t.csv"], parser)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_a_number_has_a_least_value(text: str) -> None:
    assert make_number_type(1)("12") == 12
    with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number of at least 1"):
        make_number_type(1)(text)


def test_a_wrong_choice_offers_the_nearest() -> None:
    parser = CommandParser()
    parser.add_argument("--size", choices=("small", "large"))
    with pytest.raises(InvalidSetting, match=r"'smal' is not known\.\nDid you mean 'small'"):
        parser.parse_args(["--size", "smal"])
    with pytest.raises(InvalidSetting, match=r"expected one argument\nSee .* --help"):
        parser.parse_args(["--size"])
