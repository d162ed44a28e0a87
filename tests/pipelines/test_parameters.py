import re
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict

from components.errors import InvalidSetting
from pipelines.catalogue import PIPELINES
from pipelines.parameters import (
    Parameter,
    limit_by_time,
    read_file,
    read_signature,
    read_words,
    resolve_parameters,
)
from pipelines.spec_compiler import load_pipeline
from tests.pipelines.remote.cluster import PARAMETERS

DECLARED = {name: Parameter.from_spec(name, definition) for name, definition in PARAMETERS.items()}

NEEDED = ["source=s3://data/t.csv", "target=y"]


def read(*settings: str, file: Path | None = None) -> dict:
    return resolve_parameters(read_file(file) if file else {}, read_words([*NEEDED, *settings]), DECLARED)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_signature_declares_what_kfp_compiles(pipeline: str):
    spec = MessageToDict(load_pipeline(pipeline).pipeline_spec)
    defined = spec["root"]["inputDefinitions"]["parameters"]
    assert read_signature(pipeline) == {
        name: Parameter.from_spec(name, definition) for name, definition in defined.items()
    }
    assert all(parameter.description for parameter in read_signature(pipeline).values())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "parameters.yaml"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("trials=50", 50),
        ("trials=50.0", 50),
        ("trials=010", 10),
        ("minutes=2", 2.0),
        ("minutes=0.5", 0.5),
        ("minutes=1e1", 10.0),
        ("is_quick=true", True),
        ("is_quick=1", True),
        ("is_quick=0", False),
        ("columns=a,b", ["a", "b"]),
        ("columns=a", ["a"]),
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
        ("trials=many", "'trials' must be a whole number, but is 'many'"),
        ("trials=1.5", "'trials' must be a whole number, but is 1.5"),
        ("trials=1:30", "'trials' must be a whole number, but is '1:30'"),
        ("trials=true", "'trials' must be a whole number, but is 'true'"),
        ("trials=", "'trials' must be a whole number, but is ''"),
        ("trials=inf", "'trials' must be a whole number, but is inf"),
        ("minutes=nan", "'minutes' must be a number, but is nan"),
        ("minutes=a lot", "'minutes' must be a number, but is 'a lot'"),
        ("is_quick=2", "'is_quick' must be true or false, but is 2"),
        ("columns=[a", "'columns' must be a list"),
        ("columns=[.nan]", "'columns' must be a list"),
        ("problem=[a]", "The problem file [a] cannot be read"),
        ("trails=5", "has no parameter 'trails'. Did you mean 'trials'?"),
        (
            "zzz=5",
            "has no parameter 'zzz'. Known parameters: source, target, trials, minutes, budget_minutes and 3",
        ),
        ("trials", "'trials' gives no parameter a value"),
        ("=5", "'=5' gives no parameter a value"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(setting: str, message: str):
    with pytest.raises(InvalidSetting, match=re.escape(message)):
        read(setting)


def test_all_faults_are_said_at_once():
    with pytest.raises(InvalidSetting, match="nothing was started") as caught:
        resolve_parameters({}, {"sourc": "a", "trials": "many"}, DECLARED)
    assert caught.value.what.splitlines() == [
        "The pipeline has no parameter 'sourc'. Did you mean 'source'?",
        "The parameter 'trials' must be a whole number, but is 'many'.",
        "The parameter 'source' is missing: Where the table is.",
        "The parameter 'target' is missing: Column to predict.",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:hidden@host/shop?table=t",
        "postgres://ana@host/shop?sslmode=require&password=hidden&table=t",
    ],
)
def test_a_password_in_the_address_of_a_database_is_refused_without_showing_it(address: str):
    with pytest.raises(
        InvalidSetting, match="The parameter 'source' is the address of a database"
    ) as refused:
        read(f"source={address}")
    assert "hidden" not in str(refused.value)
    allowed = "postgresql://ana@host:5432/shop?query=SELECT 'a:b@c'"
    assert read(f"source={allowed}")["source"] == allowed


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
    with pytest.raises(InvalidSetting, match=r"'target' must be text, but is 2024. Quote it."):
        resolve_parameters(read_file(file), {}, DECLARED)


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
        ("a: [", "is not YAML"),
        ("a: b: c", "is not YAML"),
        ("\x00", "is not YAML"),
    ],
)
def test_a_file_of_something_else_is_refused(file: Path, text: str, message: str):
    file.write_text(text)
    with pytest.raises(InvalidSetting, match=message):
        read(file=file)


def test_a_file_in_another_encoding_is_refused(file: Path):
    file.write_bytes("target: gehört".encode("latin-1"))
    with pytest.raises(InvalidSetting, match="is not YAML"):
        read(file=file)


def test_a_missing_file_is_named(file: Path):
    with pytest.raises(InvalidSetting, match=r"parameters.yaml cannot be read: No such file"):
        read(file=file)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"budget_minutes": 1.0}, {"trials": 0, "budget_minutes": 1.0}),
        ({"budget_minutes": 1.0, "trials": 9}, {"trials": 9, "budget_minutes": 1.0}),
        ({"trials": 9}, {"trials": 9}),
        ({"shards": 2}, {"shards": 2}),
    ],
)
def test_time_ends_a_sweep_that_is_given_minutes_only(given: dict, expected: dict):
    assert limit_by_time(given) == expected
