import re
import subprocess

import pytest

from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from pipelines.interface import _OPTIONS, MAKE_TARGET, Command, _name_variable, check_variables, reword

COMMAND = Command(("run", "training"), {"source": "a b.csv", "target": "$y", "weighs-time": "1"})


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MAKE_TARGET, raising=False)
    monkeypatch.setattr("sys.orig_argv", ["python", "-m", "pipelines"])


@pytest.mark.parametrize(
    ("target", "message", "expected"),
    [
        ("run", "Add --target, or leave both out.", "Add TARGET=, or leave both out."),
        ("run", "argument --trials: 'x' is no number", "TRIALS: 'x' is no number"),
        ("run", "Name it: --source FILE.", "Name it: SOURCE=FILE."),
        ("run", "write JSON: --problem '{\"a\": 1}'.", "write JSON: PROBLEM='{\"a\": 1}'."),
        ("run", "Set --weighs-time.", "Set WEIGHS_TIME=1."),
        ("run", "Set task=regression, or name another.", "Set TASK=regression, or name another."),
        ("run", "Name a folder: --runs DIR.", "Name a folder: --runs DIR."),
        ("run-docker", "Add --docker, or leave --tag out.", "Use make run-docker, or leave TAG= out."),
        ("score", "Say which: --model-name NAME.", "Say which: MODEL=NAME."),
        ("run", "an em--dash", "an em--dash"),
        (None, "Add --target, or leave both out.", "Add --target, or leave both out."),
        (None, "Set TASK=regression, or name another.", "Set --task regression, or name another."),
        (None, "Set task=regression, or name another.", "Set --task regression, or name another."),
    ],
)
def test_a_message_speaks_of_the_interface_that_was_used(
    target: str | None, message: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if target is not None:
        monkeypatch.setenv(MAKE_TARGET, target)
    assert reword(message) == expected


@pytest.mark.parametrize(
    ("target", "flags", "message"),
    [
        ("run", " -- SOURCE=a\\ TRAILS=b TARGET=y", None),
        ("run", "", None),
        (
            "run",
            "o .venv/.installed --no-print-directory -- TRAILS=3 SOURCE=x",
            r"knows no TRAILS\.\nDid you mean 'TRIALS'",
        ),
        ("run", " -- SHARDS=3", "make run knows no SHARDS"),
        ("run", " -- PYTHON=python3.12", None),
        ("score", " -- MODEL=m SHARDS=3", None),
        ("score", " -- MODEL_NAME=m", "Did you mean 'MODEL'"),
        ("submit", " -- ANYTHING=1", None),
        (None, " -- TRAILS=3", None),
    ],
)
def test_a_variable_that_make_would_ignore_is_refused(
    target: str | None, flags: str, message: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", flags)
    if target is not None:
        monkeypatch.setenv(MAKE_TARGET, target)
    if message is None:
        check_variables()
        return
    with pytest.raises(InvalidSetting, match=message):
        check_variables()


@pytest.mark.parametrize("target", ["run", "run-docker", "score", "serve"])
def test_the_options_of_a_target_are_those_of_the_makefile(target: str) -> None:
    values = [f"{_name_variable(option, target)}=1" for option in _OPTIONS[target]]
    command = [
        "make",
        "--dry-run",
        "--no-print-directory",
        "-o",
        ".venv/.installed",
        target,
        "TAG=1",
        *values,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    words = done.stdout[done.stdout.index("-m pipelines") :]
    assert {f"--{option}" for option in _OPTIONS[target]} == set(re.findall(r"--[a-z-]+", words)) - {
        "--docker"
    }


def test_a_command_is_one_of_the_interface_that_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(COMMAND) == "python -m pipelines run training --source 'a b.csv' --target '$y' --weighs-time"
    monkeypatch.setenv(MAKE_TARGET, "run")
    # make takes $y for a variable, and $$ for a dollar.
    assert str(COMMAND) == "make run SOURCE='a b.csv' TARGET='$$y' WEIGHS_TIME=1"
    assert (
        str(COMMAND.replace_options(docker="1", weighs_time=None))
        == "make run-docker SOURCE='a b.csv' TARGET='$$y'"
    )
    assert str(Command(("serve",), {"run": "one", "runs": "elsewhere"})) == "make serve RUN=one"


def test_a_command_that_goes_on_has_the_options_of_the_earlier_one() -> None:
    later = Command(("run", "training"), {"minutes": "5"})
    assert later.merge_options({"minutes": "1", "target": "y"}).options == {"minutes": "5", "target": "y"}


@pytest.mark.parametrize("target", ["run", "score", "serve"])
def test_a_variable_that_make_help_names_is_known(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (text,) = re.findall(rf"^{target}: .*## (.*)$", makefile, flags=re.MULTILINE)
    named = set(re.findall(r"\b[A-Z_]{3,}\b", text)) - {"CSV"}
    assert named <= {_name_variable(option, target) for option in _OPTIONS[target]}
