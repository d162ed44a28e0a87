from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest

from components._expectations.spec import Expectations
from components._expectations.table_check import TableResult, check_table, iterate_rows, list_reasons
from components._table.engine import TableEngine
from components._table.storage import write_table

TABLE = pa.table(
    {
        "id": ["k1", "k2", "k2", None, "k2"],
        "age": [30, 999, -1, 40, None],
        "plan": ["a", "b", "a", "gold", "a"],
        "low": [1.0, 2.0, None, 5.0, 9.0],
        "high": [2.0, 1.0, 1.0, float("nan"), 3.0],
        "note": pa.array([None] * 5, pa.string()),
        "amount": ["1.5", "2", "n/k", "-3e2", None],
    }
)


@pytest.fixture
def table(tmp_path: Path) -> str:
    write_table(TABLE.to_batches(max_chunksize=2), TABLE.schema, tmp_path / "table")
    return str(tmp_path / "table")


def _check_table(table: str, expected: Expectations, **settings: Any) -> TableResult:
    with TemporaryDirectory() as scratch, TableEngine(256 << 20, scratch) as engine:
        return check_table(table, expected, engine, **settings)


def check(table: str, **settings: Any) -> list[str]:
    return [broken.text for broken in _check_table(table, Expectations.from_settings(settings)).broken]


@pytest.mark.parametrize(
    ("column", "expected", "text"),
    [
        (
            "age",
            {"type": "integer", "min": 0, "max": 120},
            [
                "Column 'age' is below its min of 0 in 1 row (20.0%): row 3: -1.",
                "Column 'age' is above its max of 120 in 1 row (20.0%): row 2: 999.",
            ],
        ),
        ("age", {"nullable": False}, ["Column 'age' has no value in 1 row (20.0%): row 5."]),
        ("age", {"type": "float"}, []),
        (
            "plan",
            {"type": "string", "allowed": ["a", "b"]},
            ["Column 'plan' has a value that is not allowed in 1 row (20.0%): row 4: 'gold'."],
        ),
        (
            "plan",
            {"type": "string", "pattern": "[a-z]"},
            ["Column 'plan' does not match its pattern [a-z] in 1 row (20.0%): row 4: 'gold'."],
        ),
        (
            "plan",
            {"type": "integer", "min": 1},
            [
                "Column 'plan' is expected to have the type integer, but has the type string, because of "
                "5 rows (100.0%): row 1: 'a'; row 2: 'b'; row 3: 'a'; row 4: 'gold'; row 5: 'a'."
            ],
        ),
        (
            "amount",
            {"type": "float"},
            [
                "Column 'amount' is expected to have the type float, but has the type string, because of "
                "1 row (20.0%): row 3: 'n/k'."
            ],
        ),
        (
            "age",
            {"type": "datetime"},
            ["Column 'age' is expected to have the type datetime, but has the type integer."],
        ),
        # A column without values has any type, and breaks nothing but what is said of missing values.
        ("note", {"type": "float", "min": 1}, []),
        (
            "note",
            {"type": "float", "max_null_share": 0.125},
            ["Column 'note' has no value in 5 rows (100.0%); at most 12.5% are expected."],
        ),
        (
            "note",
            {"type": "float", "nullable": False},
            ["Column 'note' has no value in 5 rows (100.0%): row 1; row 2; row 3; row 4; row 5."],
        ),
        (
            "id",
            {"unique": True},
            [
                "Column 'id' is expected to be unique, but 2 rows (40.0%) repeat a value of an earlier row: "
                "row 3 'k2', row 5 'k2'."
            ],
        ),
        ("agee", {}, ["Column 'agee' is expected, but is not in the table."]),
        ("agee", {"required": False, "nullable": False}, []),
        # What is not a number is a missing value.
        ("high", {"nullable": False}, ["Column 'high' has no value in 1 row (20.0%): row 4."]),
    ],
)  # fmt: skip
def test_what_a_column_breaks_is_said_with_count_share_and_rows(
    table: str, column: str, expected: dict[str, Any], text: list[str]
) -> None:
    assert check(table, columns={column: expected}) == text


def test_a_missing_column_is_named_with_the_nearest_one(table: str) -> None:
    expected = Expectations.from_settings({"columns": {"agee": {}}})
    (broken,) = _check_table(table, expected).broken
    assert broken.remedy.startswith("Did you mean 'age'? Or write required: false")
    assert not broken.is_about_rows


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            {"expression": "low <= high"},
            ["The rule 'order' (low <= high) is broken in 2 rows (40.0%): row 2: low = 2, high = 1; "
             "row 5: low = 9, high = 3."],
        ),
        (
            {"expression": "low <= high", "when": "plan != 'b'"},
            ["The rule 'order' (low <= high when plan != 'b') is broken in 1 row (20.0%): "
             "row 5: low = 9, high = 3, plan = 'a'."],
        ),
        (
            {"expression": "lo <= high"},
            ["The rule 'order' (lo <= high) reads columns that are not in the table: 'lo'."],
        ),
        (
            {"expression": "plan <= high"},
            ["The rule 'order' (plan <= high) does not fit the table: plan <= high compares a text with a "
             "number."],
        ),
        # It has no value in any row, so no row breaks it.
        ({"expression": "note <= high"}, []),
        ({"expression": "note is not null or high is null"}, [
            "The rule 'order' (note is not null or high is null) is broken in 4 rows (80.0%): "
            "row 1: note = no value, high = 2; row 2: note = no value, high = 1; "
            "row 3: note = no value, high = 1; row 5: note = no value, high = 3."
        ]),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_said_with_all_its_columns(
    table: str, rule: dict[str, str], text: list[str]
) -> None:
    assert check(table, rules=[{"name": "order", **rule}]) == text


def test_only_five_rows_are_named(tmp_path: Path) -> None:
    many = pa.table({"x": list(range(10_000))})
    write_table(many.to_batches(), many.schema, tmp_path / "table")
    expected = {"x": {"type": "integer", "max": 9_991}}
    assert check(str(tmp_path / "table"), columns=expected) == [
        "Column 'x' is above its max of 9991 in 8 rows (less than 0.1%): row 9,993: 9992; row 9,994: 9993; "
        "row 9,995: 9994; row 9,996: 9995; row 9,997: 9996 and 3 more."
    ]


def test_too_few_rows_are_said_of_the_table_alone(table: str) -> None:
    expected = Expectations.from_settings({"rows": {"min": 6}})
    assert [broken.text for broken in _check_table(table, expected).broken] == [
        "The table has 5 rows; at least 6 are expected."
    ]
    assert not _check_table(table, expected, counts_rows=False).broken


def test_rows_break_several_expectations_and_each_is_a_reason(table: str) -> None:
    expected = Expectations.from_settings(
        {
            "columns": {"age": {"type": "integer", "min": 0, "max": 120}, "id": {"unique": True}},
            "rules": [{"name": "order", "expression": "low <= high"}],
        }
    )
    result = _check_table(table, expected)
    assert result.is_broken_row.read(0, 5).tolist() == [False, True, True, False, True]
    assert [broken.is_about_rows for broken in result.broken] == [False, True, True, True]
    rows = pa.Table.from_batches(iterate_rows(table)).combine_chunks().to_batches()[0]
    assert list_reasons(result.checks, rows) == ["", "age: max; rule: order", "age: min", "", "rule: order"]


def test_columns_are_in_the_order_of_the_table_whatever_that_of_the_file(table: str) -> None:
    expected = {name: {"nullable": False} for name in ("high", "gone", "age", "id")}
    assert [text.split("'")[1] for text in check(table, columns=expected)] == ["gone", "id", "age", "high"]


def test_nothing_is_expected_of_columns_that_a_test_table_need_not_have(table: str) -> None:
    settings = {
        "columns": {"note": {"nullable": False}},
        "rules": [{"name": "any", "expression": "note is not null"}],
    }
    assert not _check_table(table, Expectations.from_settings(settings), absent=["note"]).broken


def test_an_empty_table_breaks_only_what_is_said_of_its_columns(tmp_path: Path) -> None:
    write_table([], TABLE.schema, tmp_path / "empty")
    expected = {"age": {"nullable": False, "unique": True, "max_null_share": None}, "gone": {}}
    assert check(str(tmp_path / "empty"), columns=expected) == [
        "Column 'gone' is expected, but is not in the table."
    ]
