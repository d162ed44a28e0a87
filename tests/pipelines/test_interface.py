import pytest

from components.errors import InvalidSetting
from pipelines.interface import MAKE_TARGET, Command, read_variables, reword

COMMAND = Command(("run", "training"), {"source": "a b.csv", "target": "$y", "weighs-time": "1"})


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (MAKE_TARGET, "MAKEFLAGS", "SOURCE", "TARGET", "TRIALS", "WEIGHS_TIME"):
        monkeypatch.delenv(name, raising=False)
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
        ("score", "Say which: --model NAME.", "Say which: MODEL=NAME."),
        ("run", "The parameter 'max_models' must be a number", "MAX_MODELS must be a number"),
        (None, "The parameter 'max_models' must be a number", "--max-models must be a number"),
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


PARAMETERS = ("source", "target", "trials", "weighs-time")
OPTIONS = ("resume", "verbose", "name")


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        (" -- SOURCE=a\\ TRAILS=b TARGET=y", {"SOURCE": "a TRAILS=b", "TARGET": "y"}, ["source", "target"]),
        ("", {}, []),
        # A parameter may come from the environment; an option that is called like other programs' may not.
        ("", {"SOURCE": "t.csv", "NAME": "machine"}, ["source"]),
        (
            "o .venv/.installed -- NAME=one WEIGHS_TIME=1",
            {"NAME": "one", "WEIGHS_TIME": "1"},
            ["weighs-time", "name"],
        ),
        (" -- TRIALS=", {"TRIALS": ""}, []),
        (" -- PYTHON=python3.12 PIPELINE=scoring", {"PYTHON": "python3.12"}, []),
    ],
)
def test_variables_of_make_are_read(
    flags: str, environment: dict[str, str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(read_variables(PARAMETERS, OPTIONS)) == []
    monkeypatch.setenv(MAKE_TARGET, "run")
    monkeypatch.setenv("MAKEFLAGS", flags)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = dict(read_variables(PARAMETERS, OPTIONS))
    assert list(found) == expected
    assert all(value in environment.values() for value in found.values())


def test_the_environment_decides_nothing_that_is_sent_to_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAKE_TARGET, "submit")
    monkeypatch.setenv("SOURCE", "t.csv")
    assert list(read_variables(PARAMETERS, OPTIONS)) == []
    monkeypatch.setenv("MAKEFLAGS", " -- SOURCE=t.csv")
    assert list(read_variables(PARAMETERS, OPTIONS)) == [("source", "t.csv")]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            "o .venv/.installed --no-print-directory -- TRAILS=3 SOURCE=x",
            r"has no variable TRAILS\.\nDid you mean 'TRIALS'",
        ),
        (" -- SHARDS=3", "make run has no variable SHARDS"),
    ],
)
def test_a_variable_that_make_would_ignore_is_refused(
    flags: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", flags)
    monkeypatch.setenv(MAKE_TARGET, "run")
    with pytest.raises(InvalidSetting, match=message):
        list(read_variables(PARAMETERS, OPTIONS))


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
