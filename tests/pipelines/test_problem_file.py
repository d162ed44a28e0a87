import json
import re
from pathlib import Path

import pytest

from components._problem.spec import Problem
from components.errors import InvalidSetting
from pipelines.problem_file import (
    build_sample_parameters,
    complete_from_sample,
    read_mapping,
    read_problem,
    replace_nulls,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_problem_of_the_sample_holds() -> None:
    problem = Problem.from_settings({"target": "churned", **build_sample_parameters()["problem"]})
    assert [str(gate) for gate in problem.gates] == ["0.75 ≤ roc_auc"]
    assert problem.value is not None


def test_what_is_given_stays_in_the_sample_and_a_table_is_no_sample() -> None:
    assert complete_from_sample({"trials": 4}) == {**build_sample_parameters(), "trials": 4}
    table = {"source": "a.csv", "target": "y"}
    assert complete_from_sample(table) == table
    with pytest.raises(InvalidSetting, match="There is a target but no source"):
        complete_from_sample({"target": "y"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "gates:\n- {metric: f1, min: 0.5}\n"),
        ("p.json", '{"gates": [{"metric": "f1", "min": 0.5}]}'),
    ],
)
def test_a_problem_is_read_from_a_file_or_is_json(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    expected = {"gates": [{"metric": "f1", "min": 0.5}]}
    assert read_problem(name) == expected
    assert read_problem(json.dumps(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: [",
            r"The problem file p.yaml is not YAML: line 1, column 5 \('a: \['\): expected the node content",
        ),
        ("gates:\n- metric: f1\n min: 2", r"line 3, column 2 \('min: 2'\)"),
        ("a:\n\tb: 1", r"line 2, column 1 \('b: 1'\): there is a tab\.\nIndent with blanks"),
        ("a: 1\nb: 2\na: 3", "The problem file p.yaml has the key 'a' more than once"),
        ("columns:\n  x: {kind: text}\n  x: {kind: date}", "has the key 'x' more than once"),
        ("- a\n- b", "The problem file p.yaml contains a list, not keys with values"),
        ("only words", "contains only 'only words', not keys with values"),
        ("", "contains nothing, not keys with values"),
        ("x: &a [*a]", "The problem file p.yaml is not valid: Circular"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_no_problem_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(InvalidSetting, match=message):
        read_problem("p.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "The problem has the key 'a' more than once"),
        ('{"a": NaN}', "The problem contains NaN, which is not a number"),
        ("{a: [}", "The problem is not JSON"),
    ],
)
def test_json_that_is_no_problem_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        read_problem(text)


def test_a_problem_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes("owner: Jos\u00e9".encode("latin-1"))
    with pytest.raises(InvalidSetting, match=r"The problem file p.yaml is not text in UTF-8"):
        read_problem("p.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("2024-01-31", "2024-01-31"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("-7", -7),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("null", None),
        ("", None),
        ("NA", "NA"),
    ],
)
def test_a_word_of_yaml_is_what_it_is_in_a_table(text: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(f"a: {text}\n2024: {{}}\n")
    assert read_problem("p.yaml") == {"a": value, "2024": {}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "gone.yaml",
            "The expectations file gone.yaml cannot be read: No such file or directory.\nName a YAML "
            'file, or write JSON: --expectations \'{"rows": {"min": 100}}\'.',
        ),
        (
            "e.yaml",
            "The expectations file e.yaml contains a list, not keys with values.\nA first one is written",
        ),
        ('{"rows": NaN}', "The JSON of expectations contains NaN"),
    ],
)
def test_messages_name_the_parameter_whose_file_it_is(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("- a")
    with pytest.raises(InvalidSetting, match=re.escape(message)):
        read_mapping(text, "expectations")


def test_nulls_are_replaced_by_what_they_mean() -> None:
    details = {
        "unreadable": None,
        "group": None,
        "value": {"tp": None, "fp": 1},
        "columns": {"a": {"unreadable": None, "decimal": None}, "b": None, "unreadable": {"kind": "text"}},
        "keep": ["x"],
    }
    assert replace_nulls(details) == {
        "unreadable": "null",
        "value": {"fp": 1},
        "columns": {"a": {"unreadable": "null"}, "b": {}, "unreadable": {"kind": "text"}},
        "keep": ["x"],
    }
