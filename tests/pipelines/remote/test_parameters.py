from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.remote.parameters import read_parameters
from tests.pipelines.remote.cluster import PARAMETERS

NEEDED = ["source=s3://data/t.csv", "target=y"]


def read(*settings: str, file: Path | None = None) -> dict:
    return read_parameters(file, [*NEEDED, *settings], PARAMETERS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "parameters.yaml"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("trials=50", 50),
        ("trials=50.0", 50),
        ("trials=010", 10),
        ("minutes=2", 2),
        ("minutes=0.5", 0.5),
        ("minutes=1e1", 10.0),
        ("is_quick=true", True),
        ("columns=[a, b]", ["a", "b"]),
        ('columns=["a", 1]', ["a", 1]),
        ("problem={identifiers: [id]}", {"identifiers": ["id"]}),
        ('problem={"a": {"b": null}}', {"a": {"b": None}}),
        # Text is taken as it is, whatever it looks like.
        ("target=2024", "2024"),
        ("target=true", "true"),
        ("target=a=b", "a=b"),
        ("target=", ""),
        ("target= é ", " é "),
    ],
)
def test_a_setting_has_the_type_that_the_pipeline_asks_for(setting: str, value: object):
    found = read(setting)[setting.partition("=")[0]]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("trials=many", "'trials' must be a whole number, and is 'many'"),
        ("trials=1.5", "'trials' must be a whole number, and is 1.5"),
        ("trials=1:30", "'trials' must be a whole number, and is '1:30'"),
        ("trials=true", "'trials' must be a whole number, and is 'true'"),
        ("trials=", "'trials' must be a whole number, and is ''"),
        ("trials=inf", "'trials' must be a whole number, and is inf"),
        ("minutes=nan", "'minutes' must be a number, and is nan"),
        ("minutes=a lot", "'minutes' must be a number, and is 'a lot'"),
        ("is_quick=1", "'is_quick' must be true or false, and is 1"),
        ("columns=a", "'columns' must be a list, and is 'a'"),
        ("columns=[a", "'columns' must be a list"),
        ("columns=[.nan]", "'columns' must be a list"),
        ("problem=[a]", "'problem' must be a mapping"),
        ("problem={when: 2026-03-02}", "'problem' must be a mapping"),
        ("trails=5", "has no parameter 'trails'. Did you mean 'trials'?"),
        (
            "zzz=5",
            "has no parameter 'zzz'. Known parameters: source, target, trials, minutes, is_quick and 2",
        ),
        ("trials", "--set trials gives no parameter a value"),
        ("=5", "--set =5 gives no parameter a value"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(setting: str, message: str):
    with pytest.raises(InvalidSetting) as caught:
        read(setting)
    assert message in str(caught.value)


def test_all_faults_are_said_at_once():
    with pytest.raises(InvalidSetting, match="nothing was sent") as caught:
        read_parameters(None, ["sourc=a", "trials=many"], PARAMETERS)
    assert caught.value.what.splitlines() == [
        "The pipeline has no parameter 'sourc'. Did you mean 'source'?",
        "The parameter 'trials' must be a whole number, and is 'many'.",
        "The parameter 'source' is missing: Where the table is.",
        "The parameter 'target' is missing: Column to predict.",
    ]


def test_the_last_setting_counts_and_comes_before_the_file(file: Path):
    file.write_text("trials: 10\nminutes: 1\n")
    assert read("trials=20", "trials=30", file=file) == {
        "trials": 30,
        "minutes": 1,
        "source": "s3://data/t.csv",
        "target": "y",
    }


def test_text_of_a_file_that_is_no_text_is_to_be_quoted(file: Path):
    file.write_text("target: 2024\nsource: x\n")
    with pytest.raises(InvalidSetting, match=r"'target' must be text, and is 2024. Quote it."):
        read_parameters(file, [], PARAMETERS)


def test_a_long_value_is_cut(file: Path):
    file.write_text(f"trials: {'x' * 1000}\n")
    with pytest.raises(InvalidSetting, match="x…") as caught:
        read(file=file)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "does not map names to values"),
        ("", "does not map names to values"),
        ("1: 2", "does not map names to values"),
        ("a: [", "is no YAML"),
        ("a: b: c", "is no YAML"),
        ("\x00", "is no YAML"),
    ],
)
def test_a_file_of_something_else_is_refused(file: Path, text: str, message: str):
    file.write_text(text)
    with pytest.raises(InvalidSetting, match=message):
        read(file=file)


def test_a_file_in_another_encoding_is_refused(file: Path):
    file.write_bytes("target: gehört".encode("latin-1"))
    with pytest.raises(InvalidSetting, match="is no YAML"):
        read(file=file)


def test_a_missing_file_is_named(file: Path):
    with pytest.raises(InvalidSetting, match=r"parameters.yaml cannot be read: No such file"):
        read(file=file)
