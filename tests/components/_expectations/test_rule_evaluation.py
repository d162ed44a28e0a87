from datetime import datetime

import pyarrow as pa
import pytest

from components._expectations.rule_evaluation import evaluate_rule, find_broken_rows
from components._expectations.rule_parser import RuleError, parse_rule

ROWS = pa.record_batch(
    {
        "a": [1, 2, None, 4],
        "b": [0.5, 2.0, 3.0, None],
        "c": ["x", "y", None, "x"],
        "d": pa.array(
            [datetime(2020, 1, 1), None, datetime(2021, 1, 1), datetime(2022, 1, 1, 13)], pa.timestamp("us")
        ),
        "is open": [True, False, None, True],
        "tenth": [0.1, 0.2, 0.3, 0.4],
        "zero": [1, 0, 0, 2],
        "large": [2**62, 2**62 + 1, 2**62, -(2**62)],
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a >= b", [True, True, None, None]),
        ("a != 1", [False, True, None, True]),
        ("a + b == 3", [False, False, None, None]),
        ("-a * 2 < 0", [True, True, None, True]),
        ("0 < a <= 2", [True, True, None, False]),
        ("c == 'x'", [True, False, None, True]),
        ("c in ['x', 'z']", [True, False, None, True]),
        ("c not in ['x', 'z']", [False, True, None, False]),
        ("a in [1, 2.0]", [True, True, None, False]),
        ("d >= '2021-01-01'", [False, None, True, True]),
        ("'2021-06-01 12:00' > d", [True, None, True, False]),
        ("d in ['2020-01-01']", [True, None, False, False]),
        ("`is open`", [True, False, None, True]),
        ("`is open` == true", [True, False, None, True]),
        ("not `is open`", [False, True, None, False]),
        ("a is null", [False, False, True, False]),
        ("a is None or b is not null", [True, True, True, False]),
        # A missing value does not matter where the other half decides.
        ("a > 3 or b < 9", [True, True, True, True]),
        ("a > 3 and b > 9", [False, False, False, None]),
        ("not (c == 'x') or a > 3", [False, True, None, True]),
        # Without a rounding error.
        ("tenth + 0.2 == 0.3", [True, False, False, False]),
        ("tenth + 0.2 != 0.3", [False, True, True, True]),
        ("tenth + 0.2 <= 0.3", [True, False, False, False]),
        ("tenth + 0.2 > 0.3", [False, True, True, True]),
        # A division by zero has no result.
        ("a / zero > 0.5", [True, None, None, True]),
        # As floats, the first two would be equal.
        (f"large == {2**62}", [True, False, True, False]),
    ],
)
def test_a_rule_holds_or_not_or_that_is_unknown(text: str, expected: list[bool | None]) -> None:
    assert evaluate_rule(parse_rule(text), ROWS).to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a > 'x'", "a > 'x' compares a number with a text"),
        ("c > 'x'", "needs an order, which a text does not have; use ==, != or in"),
        ("`is open` > true", "needs an order, which true or false does not have"),
        ("c + 1 > 2", r"\+ needs numbers, but c is a text"),
        ("d - d > 1", "- needs numbers, but d is a date"),
        ("d > 5", "compares a date with a number"),
        ("d > 'soon'", "'soon' is not a date such as 2026-01-31"),
        ("d in ['soon']", "'soon' is not a date"),
        ("a in ['x']", r"a in \['x'\] compares a number with a text"),
        ("a", "a is a number, where a condition is needed"),
        ("a and b > 1", "a is a number, where a condition is needed"),
    ],
)
def test_a_rule_that_does_not_fit_the_columns_is_refused_also_without_rows(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        evaluate_rule(parse_rule(text), ROWS.slice(0, 0))


def test_a_row_breaks_a_rule_only_if_the_rule_is_false() -> None:
    assert find_broken_rows(parse_rule("a >= 2"), None, ROWS).tolist() == [True, False, False, False]


def test_a_row_is_asked_only_if_its_condition_is_true() -> None:
    broken = find_broken_rows(parse_rule("tenth > 0.9"), parse_rule("c == 'x'"), ROWS)
    assert broken.tolist() == [True, False, False, True]
