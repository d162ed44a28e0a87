from typing import Any

import pytest
import yaml

from components._problem.lines import column_line
from components._problem.spec import Problem


@pytest.mark.parametrize(
    ("column", "options", "expected"),
    [
        ("income", {"decimal": ","}, 'columns: {income: {decimal: ","}}'),
        ("pay", {"kind": "date", "unreadable": None}, 'columns: {"pay": {kind: date, unreadable: null}}'),
        ("gross income", {"kind": "text"}, 'columns: {"gross income": {kind: text}}'),
        ("visit", {"format": "%d.%m.%y"}, 'columns: {visit: {format: "%d.%m.%y"}}'),
        ("größe", {"nulls": ["-"]}, 'columns: {größe: {nulls: ["-"]}}'),
        ("true", {"kind": "text"}, 'columns: {"true": {kind: text}}'),
        ("y", {"kind": "text"}, 'columns: {"y": {kind: text}}'),
        ("no", {"kind": "text"}, 'columns: {"no": {kind: text}}'),
        ("2024", {"kind": "text"}, 'columns: {"2024": {kind: text}}'),
        ('say "so": {x}', {"kind": "text"}, r'columns: {"say \"so\": {x}": {kind: text}}'),
    ],
)  # fmt: skip
def test_a_line_is_yaml_that_says_what_was_meant(column: str, options: dict[str, Any], expected: str) -> None:
    line = column_line(column, **options)
    assert line == expected
    assert yaml.safe_load(line) == {"columns": {column: options}}
    # And the problem takes it.
    assert column in Problem.parse({"target": "y", **yaml.safe_load(line)}).columns
