from datetime import datetime

import pyarrow as pa
import pytest

from components._expectations.cell_checks import build_column_checks, build_rule_check
from components._expectations.spec import ColumnExpectation, RowRule
from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind

DATES = [datetime(2026, 1, 31, 12), None, datetime(2026, 2, 1)]


@pytest.mark.parametrize(
    ("kind", "cells", "settings", "broken"),
    [
        ("integer", [1, None, 3], {"nullable": False}, [False, True, False]),
        ("integer", [1, None, 3], {"type": "integer", "min": 1.5}, [True, False, False]),
        ("integer", [1, None, 3], {"type": "float", "max": 2}, [False, False, True]),
        ("integer", [2**62, None, -(2**62)], {"type": "integer", "min": 0}, [False, False, True]),
        ("integer", [1, None, 3], {"type": "integer", "allowed": (3, 4)}, [True, False, False]),
        ("float", [0.5, None, 3.0], {"type": "float", "allowed": (3,)}, [True, False, False]),
        ("boolean", [True, None, False], {"type": "boolean", "allowed": (True,)}, [False, False, True]),
        ("string", ["a", None, "c"], {"type": "string", "allowed": ("a", "b")}, [False, False, True]),
        ("string", ["12", None, "123"], {"type": "string", "pattern": "[0-9]{2}"}, [False, False, True]),
        ("string", ["a", None, "xb"], {"type": "string", "pattern": "a|b"}, [False, False, True]),
        ("datetime", DATES, {"type": "datetime", "max": "2026-01-31"}, [False, False, True]),
        ("datetime", DATES, {"type": "datetime", "min": "2026-02-01"}, [True, False, False]),
        ("datetime", DATES, {"type": "datetime", "allowed": ("2026-02-01",)}, [True, False, False]),
    ],
)
def test_a_cell_breaks_what_is_expected_of_it_and_a_missing_one_only_nullable(
    kind: Kind, cells: list[object], settings: dict[str, object], broken: list[bool]
) -> None:
    (check,) = build_column_checks("x", ColumnExpectation.model_validate(settings), kind, "")
    assert check.find(pa.record_batch({"x": pa.array(cells, ARROW_TYPES[kind])})).tolist() == broken


def test_a_check_says_what_breaks_it_and_where() -> None:
    expected = ColumnExpectation(type="integer", min=1, max=5, nullable=False)
    checks = list(build_column_checks("age", expected, "integer", " of the test table"))
    assert [check.text for check in checks] == [
        "Column 'age' of the test table has no value",
        "Column 'age' of the test table is below its min of 1",
        "Column 'age' of the test table is above its max of 5",
    ]
    assert [check.reason for check in checks] == ["age: nullable", "age: min", "age: max"]


def test_a_rule_is_a_check_of_its_columns() -> None:
    check = build_rule_check(RowRule(name="order", expression="a <= b", when="c > 0"), "")
    assert check.columns == ("a", "b", "c")
    assert check.text == "The rule 'order' (a <= b when c > 0) is broken"
    rows = pa.record_batch({"a": [2, 2], "b": [1, 1], "c": [0, 1]})
    assert check.find(rows).tolist() == [False, True]
