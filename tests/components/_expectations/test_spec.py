import re
from pathlib import Path

import pytest

from components._expectations.spec import ColumnExpectation, Expectations
from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from pipelines.problem_file import read_mapping


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ruls": []}, "ruls: unknown key. Did you mean 'rules'?"),
        ({"columns": {"a": {"typ": "integer"}}}, "columns.a.typ: unknown key. Did you mean 'type'?"),
        ({"rules": [{"nme": "x", "name": "x", "expression": "a"}]}, "rules.1.nme: unknown key"),
        ({"columns": {"a": {"type": "int"}}}, "columns.a.type: 'int' is not a type; did you mean 'integer'?"),
        ({"columns": {"a": {"type": "q"}}}, "types are integer, float, boolean, string, datetime"),
        ({"columns": {"a": {"min": 3}}}, "columns.a: min needs the type of the column, such as type: float"),
        ({"columns": {"a": {"max": "2024-01-01"}}}, "such as type: datetime"),
        ({"columns": {"a": {"allowed": ["x"]}}}, "such as type: string"),
        ({"columns": {"a": {"allowed": [True]}}}, "such as type: boolean"),
        ({"columns": {"a": {"pattern": "x"}}}, "such as type: string"),
        ({"columns": {"a": {"type": "integer", "min": "x"}}}, "min must be a number, got 'x'"),
        ({"columns": {"a": {"type": "integer", "max": True}}}, "a.max: must be a number or a date, got True"),
        ({"columns": {"a": {"type": "float", "max": float("inf")}}}, "got inf"),
        ({"columns": {"a": {"type": "float", "min": 3, "max": 1}}}, "min must not be above max"),
        ({"columns": {"a": {"type": "string", "min": 3}}}, "min is for numbers and dates, but the type is s"),
        ({"columns": {"a": {"type": "datetime", "min": "soon"}}}, "min must be a date such as 2026-01-31"),
        ({"columns": {"a": {"type": "datetime", "min": 3}}}, "min must be a date such as 2026-01-31"),
        (
            {"columns": {"a": {"type": "string", "allowed": [1]}}},
            "not of the type string. Write it in quotes",
        ),
        ({"columns": {"a": {"type": "string", "allowed": [None]}}}, "allowed.1: must be a text, a number"),
        ({"columns": {"a": {"type": "integer", "allowed": [1.5]}}}, "allowed has 1.5, which is not"),
        ({"columns": {"a": {"type": "boolean", "allowed": ["yes"]}}}, "allowed has 'yes', which is not"),
        ({"columns": {"a": {"type": "datetime", "allowed": ["x"]}}}, "allowed has 'x', which is not"),
        (
            {"columns": {"a": {"type": "integer", "pattern": "1"}}},
            "pattern is for texts, but the type is int",
        ),
        ({"columns": {"a": {"type": "string", "pattern": "(a"}}}, "'(a' is not a regular expression of RE2"),
        ({"columns": {"a": {"type": "string", "pattern": "a)|(b"}}}, "is not a regular expression of RE2"),
        ({"columns": {"a": {"max_null_share": 2}}}, "columns.a.max_null_share: input should be less"),
        ({"columns": {"a": {"max_null_share": 0.1, "nullable": False}}}, "leave one out"),
        ({"columns": {"a": 3}}, "columns.a: must be keys with values, got 3"),
        ({"columns": []}, "columns: must be keys with values, got []"),
        ({"rows": 5}, "rows: must be keys with values, got 5"),
        ({"rows": {"min": -1}}, "rows.min: input should be greater than or equal to 0, got -1"),
        ({"quarantine": "yes"}, "quarantine: input should be a valid boolean, got 'yes'"),
        ({"rules": [{"name": "x"}]}, "rules.1.expression is missing"),
        ({"rules": [{"name": "x", "expression": "f(a)"}]}, "rules.1.expression: 'f(a)' is not part of the"),
        ({"rules": [{"name": "x", "expression": "a > 1", "when": "b"}] * 2}, "two rules have the name 'x'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_probably_meant(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSetting, match=re.escape(message)):
        Expectations.from_settings(settings)


def test_a_key_with_nothing_behind_it_is_as_if_it_were_not_there() -> None:
    settings = {"rows": None, "columns": {"a": None}, "rules": None, "quarantine": None}
    assert Expectations.from_settings(settings).to_settings() == {"columns": {"a": {}}}


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(InvalidSetting, match=r"wrong settings:\n- columns.a.typ: .*\n- quarantine: "):
        Expectations.from_settings({"columns": {"a": {"typ": 1}}, "quarantine": 3})


def test_the_hash_is_of_the_content_and_not_of_how_it_was_written_or_sent() -> None:
    one = {"rows": {"min": 5}, "columns": {"a": {"type": "integer", "allowed": [1, 2]}, "b": {}}}
    # A cluster sends numbers as floats, a file may have defaults and another order.
    other = {
        "columns": {"b": None, "a": {"allowed": [1.0, 2.0], "type": "integer", "nullable": True}},
        "rows": {"min": 5.0},
        "quarantine": False,
    }
    first, second = Expectations.from_settings(one), Expectations.from_settings(other)
    assert first.sha256 == second.sha256
    assert first.sha256 != Expectations.from_settings({**one, "quarantine": True}).sha256


def test_a_day_as_max_is_included_whole() -> None:
    expected = ColumnExpectation(type="datetime", min="2026-01-01", max="2026-01-31")
    assert [str(bound) for bound in expected.get_bounds()] == [
        "2026-01-01 00:00:00",
        "2026-01-31 23:59:59.999999",
    ]
    exact = ColumnExpectation(type="datetime", max="2026-01-31 00:00:00")
    assert str(exact.get_bounds()[1]) == "2026-01-31 00:00:00"


EXPECTED = Expectations.from_settings(
    {
        "rows": {"min": 5},
        "columns": {"a": {"unique": True, "nullable": False}, "b": {"required": False}, "c": {}},
        "rules": [
            {"name": "one", "expression": "a > 1", "when": "b > 2"},
            {"name": "two", "expression": "a > d"},
        ],
        "quarantine": True,
    }
)


def test_for_rows_that_are_no_whole_table_only_cells_of_known_columns_are_left() -> None:
    assert EXPECTED.select_columns({"a", "b"}).to_settings() == {
        "columns": {"a": {"nullable": False}, "b": {"required": False}},
        "rules": [{"name": "one", "expression": "a > 1", "when": "b > 2"}],
        "quarantine": True,
    }


def test_a_column_is_missing_if_it_is_required_or_a_rule_reads_it() -> None:
    assert EXPECTED.list_missing_columns(["a"]) == ["c", "b", "d"]


def test_it_says_in_words_of_what_it_is() -> None:
    assert EXPECTED.summary == "3 columns and 2 rules"
    assert Expectations.from_settings({"columns": {"a": {}}}).summary == "1 column"
    assert Expectations.from_settings({"rows": {"min": 1}}).summary == "the number of rows"
    assert str(EXPECTED.rules[0]) == "'one' (a > 1 when b > 2)"


def test_the_example_of_the_docs_is_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "expectations.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "e.yaml").write_text(example, encoding="utf-8")
    expected = Expectations.from_settings(read_mapping(str(tmp_path / "e.yaml"), "expectations"))
    assert expected.summary == "6 columns and 2 rules"
    keys = {key for settings in expected.to_settings()["columns"].values() for key in settings}
    assert keys == {*ColumnExpectation.model_fields}
