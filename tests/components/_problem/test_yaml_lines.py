import pytest
import yaml

from components._problem.spec import Problem
from components._problem.yaml_lines import (
    format_column_line,
    format_label_line,
    format_list_line,
    format_nulls_line,
    format_role_line,
)

NAMES = [
    "age",
    "sold on",
    "Größe",
    "名前",
    "yes",
    "null",
    "2021",
    "a: b",
    "a,b",
    "#x",
    "it's",
    'say "x"',
    "",
    " x",
    "é]",
]


@pytest.mark.parametrize("name", NAMES)
def test_each_line_is_yaml_that_a_problem_takes(name: str) -> None:
    assert yaml.safe_load(format_nulls_line({name: ["-", "\\N"], "z": ()})) == {
        "columns": {name: {"nulls": ["-", "\\N"]}, "z": {"nulls": []}}
    }
    for line in (
        format_role_line("group", name),
        format_list_line("keep", [name, "z"]),
        format_column_line(name, unreadable="null"),
    ):
        Problem.from_settings({"target": "target"} | yaml.safe_load(line))
    assert yaml.safe_load(format_role_line("group", name)) == {"group": name}
    assert yaml.safe_load(format_list_line("keep", [name, "z"])) == {"keep": [name, "z"]}


@pytest.mark.parametrize("label", ["no", "ja", 0, True, 'a "b"'])
def test_a_label_keeps_its_type(label: str | int | bool) -> None:
    assert yaml.safe_load(format_label_line("positive_label", label)) == {"positive_label": label}


def test_a_plain_name_stands_without_quotes() -> None:
    assert format_nulls_line({"age": ["-999"]}) == 'columns: {age: {nulls: ["-999"]}}'
    assert format_column_line("left", case="fold") == "columns: {left: {case: fold}}"
