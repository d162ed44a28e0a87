from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.notice import Notice
from components.validate.checks import (
    check_duplicate_rows,
    check_event_time,
    check_features,
    check_group,
    check_infinite_numbers,
    check_missing_columns,
    check_monotonic,
    check_split_column,
    check_useless_columns,
    run_checks,
)
from components.validate.evidence import Check, TableEvidence
from tests.components.validate.evidence import SOUND, N, find_with, make_evidence
from tests.components.validate.profiles import profile

INFINITY = float("inf")


PART = {"split_column": "part"}
WRITE_PARTS = "Write train or test in every row, or remove split_column."


@pytest.mark.parametrize(
    ("check", "settings", "columns", "level", "expected"),
    [
        (check_split_column, PART, {"part": ["train"] * 30 + ["test"] * 10}, "error", []),
        (check_split_column, PART, {"part": ["train"] * 30 + ["valid"] * 10}, "error", []),
        (
            check_split_column,
            PART,
            {"part": ["train"] * 40},
            "error",
            [f"The split column 'part' names no test rows: all rows are 'train'. {WRITE_PARTS}"],
        ),
        (
            check_split_column,
            PART,
            {"part": ["test"] * 20 + ["valid"] * 20},
            "error",
            [f"The split column 'part' names no training rows: all rows are 'test', 'valid'. {WRITE_PARTS}"],
        ),
        (
            check_split_column,
            PART,
            {"part": ["train"] * 20 + ["A"] * 19 + [None]},
            "error",
            [
                "The split column 'part' has values that name no part: 'A'. Words that are known: train, "
                f"training, test, holdout, valid, validation. {WRITE_PARTS}",
                f"The split column 'part' is empty in 1 row. {WRITE_PARTS}",
            ],
        ),
        (
            check_split_column,
            PART,
            {"part": [0] * 30 + [1] * 10},
            "error",
            [
                "The split column 'part' has the kind integer and 2 different values; it must hold words "
                f"such as train and test. {WRITE_PARTS}"
            ],
        ),
        (
            check_missing_columns,
            {"target": "Y2", "identifiers": ["colour"], "keep": ["colors"]},
            {},
            "error",
            [
                "The kept column 'colors' is not in the table. Did you mean 'color'?",
                "The identifier column 'colour' is not in the table. Did you mean 'color'?",
                "The target column 'Y2' is not in the table. Did you mean 'y'?",
            ],
        ),
        (
            check_infinite_numbers,
            {},
            {"x": [1.0] * 33 + [INFINITY] * 7, "z": [-INFINITY] + [2.0] * 39},
            "error",
            [
                "Column 'x' has 7 rows with an infinite number: 34, 35, 36, 37, 38 and more "
                "(the first row is 1). Replace them in the source, or leave the cell empty if the value is "
                "not known.",
                "Column 'z' has 1 row with an infinite number: 1 (the first row is 1). "
                "Replace them in the source, or leave the cell empty if the value is not known.",
            ],
        ),
        (
            check_features,
            {"identifiers": ["x"], "sensitive": ["color"]},
            {"one": [1] * N},
            "error",
            [
                "No column is left to learn from: every column has a role, no values, or only one value. "
                "Add columns, or list fewer of them under identifiers or sensitive."
            ],
        ),
        (check_features, {"identifiers": ["x", "color"]}, {"one": [None, *[1] * 39]}, "error", []),
        (
            check_event_time,
            {"event_time": "color"},
            {},
            "error",
            [
                "The event time column 'color' has the kind string; it must hold dates or numbers. Write its "
                "dates as 2026-01-31 or 2026-01-31 13:45:00 in every row, or remove event_time.",
                "The event time column 'color' is empty in 13 rows. "
                "Fill the cells, drop the rows, or remove event_time.",
            ],
        ),
        (
            check_event_time,
            {"event_time": "x"},
            {"x": [5] * N},
            "error",
            [
                "The event time column 'x' has only one value, so no row is later than another. "
                "Name a column in which later rows have later times, or remove event_time."
            ],
        ),
        (
            check_event_time,
            {"event_time": "when"},
            {"when": [datetime(2026, 1, 1) + timedelta(days=i) for i in range(N)]},
            "error",
            [],
        ),
        (
            check_group,
            {"group": "color"},
            {},
            "error",
            [
                "The group column 'color' is empty in 13 rows. Give every row a group, or remove group.",
                "The group column 'color' has 2 groups; at least 5 are needed to train on some of "
                "them and test on others. Name a column with more groups, or remove group.",
            ],
        ),
        (check_group, {"group": "g", "event_time": "x"}, {"g": [i % 5 for i in range(N)]}, "error", []),
        (
            check_event_time,
            {"event_time": "x", "gap": "7 days"},
            {},
            "error",
            [
                "The gap of 7 days does not fit the event time column 'x', which has the kind float. "
                "Write a gap such as 7 days for dates, and a number for numbers."
            ],
        ),
        (check_event_time, {"event_time": "x", "gap": 7}, {}, "error", []),
        (
            check_monotonic,
            {"monotonic": {"color": "rising", "x": "falling", "day": "rising", "flag": "falling"}},
            {"day": [datetime(2026, 1, 1 + i % 9) for i in range(N)], "flag": [i % 3 > 0 for i in range(N)]},
            "error",
            [
                "Column 'color' is in monotonic, but has the kind string; it must hold numbers. "
                "Write numbers in every row of the source, or remove the column from monotonic.",
                "Column 'day' is in monotonic, but has the kind datetime; it must hold numbers. "
                "Write numbers in every row of the source, or remove the column from monotonic.",
            ],
        ),
        (check_monotonic, {"monotonic": {"x": "rising", "gone": "rising"}}, {}, "error", []),
        (
            check_missing_columns,
            {"monotonic": {"xx": "rising", "x": "falling"}},
            {},
            "error",
            ["The monotonic column 'xx' is not in the table. Did you mean 'x'?"],
        ),
        (
            check_missing_columns,
            {"actionable": ["x", "xx"]},
            {},
            "error",
            ["The actionable column 'xx' is not in the table. Did you mean 'x'?"],
        ),
        (
            check_useless_columns,
            {"identifiers": ["id"]},
            {"e": [None] * N, "k": [7] * N, "s": [None] * 21 + [1] * 19, "h": [None, 1] * 20, "id": [1] * N},
            "warning",
            [
                "Columns without any value: e. They carry no information.",
                "Columns with only one value: k. They carry no information.",
                "Columns that are mostly empty: s (52%). Check their source.",
            ],
        ),
        (
            check_duplicate_rows,
            {},
            {"x": [1] * 18 + list(range(22))},
            "warning",
            [
                "13 rows repeat an earlier row in every column. "
                "If they are copies, drop them. "
                "While most rows differ, a random split keeps copies together."
            ],
        ),
    ],
)
def test_a_check_finds_what_it_looks_for(
    check: Check,
    settings: dict[str, Any],
    columns: dict[str, list[Any]],
    level: str,
    expected: list[str],
) -> None:
    found, levels = find_with(check, settings, columns)
    assert found == expected
    assert levels <= {level}


def test_a_sound_table_has_no_errors_and_no_warnings() -> None:
    (note,) = run_checks(make_evidence())
    assert note == Notice("note", "The table has 40 rows and 3 columns.")


def test_equal_rows_do_not_hide_an_identifier() -> None:
    ids = [*range(N), 3]
    columns: dict[str, Any] = {name: [*values, values[3]] for name, values in SOUND.items()}
    texts = [finding.text for finding in run_checks(make_evidence(id=ids, **columns))]
    assert any(text.startswith("Columns that look like identifiers: id (") for text in texts)


def test_of_a_table_without_rows_only_what_can_be_said_is_said() -> None:
    table = pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.string())})
    problem = Problem(target="y", group="team")
    findings = run_checks(TableEvidence(problem, profile(table, "y")))
    assert [finding.text for finding in findings] == [
        "The table has no rows.",
        "The group column 'team' is not in the table.",
    ]


def test_all_errors_are_found_at_once() -> None:
    evidence = make_evidence({"group": "color", "event_time": "whem"}, z=[INFINITY] * N)
    errors = [finding.text for finding in run_checks(evidence) if finding.level == "error"]
    assert len(errors) == 4
