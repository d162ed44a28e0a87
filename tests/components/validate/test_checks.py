from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.reading import Reading
from components._table.table_reading import ColumnReading, TableReading
from components.validate import checks
from components.validate.checks import run_checks
from components.validate.evidence import TableEvidence
from components.validate.resolution import resolve_problem
from components.validate.table_profile import profile_table
from tests.readings import plain_reading

INFINITY = float("inf")
N = 40
SOUND: dict[str, list[object]] = {
    "x": [i / 2 for i in range(N)],
    "color": [("red", "blue", None)[i % 3] for i in range(N)],
    "y": [i % 2 for i in range(N)],
}


def _evidence(settings: dict[str, object] | None = None, **columns: list[object]) -> TableEvidence:
    draft = Problem.from_settings({"target": "y"} | (settings or {}))
    arrays = {name: pa.array(values) for name, values in (SOUND | columns).items()}
    table = {
        name: array.cast(pa.string()) if pa.types.is_null(array.type) else array
        for name, array in arrays.items()
    }
    whole = pa.table(table)
    found = profile_table(ds.dataset(whole), draft.target, plain_reading(whole))
    problem = resolve_problem(draft, found.target).problem if found.target is not None else draft
    return TableEvidence(problem, found)


def test_a_sound_table_has_no_errors_and_no_warnings() -> None:
    (note,) = run_checks(_evidence())
    assert note == Notice("note", "The table has 40 rows and 3 columns.")


@pytest.mark.parametrize(
    ("name", "settings", "columns", "level", "expected"),
    [
        (
            "check_missing_columns",
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
            "check_row_count",
            {},
            {"y": [None] * 11 + [0, 1] * 14 + [1]},
            "error",
            ["Only 29 rows with a target; training and testing need at least 30. Add rows."],
        ),
        ("check_row_count", {}, {"y": [None] * 10 + [0, 1] * 15}, "error", []),
        (
            "check_infinite_numbers",
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
            "check_rare_classes",
            {},
            {"y": ["a"] * 30 + ["b"] * 5 + ["c"] * 4 + ["d"]},
            "error",
            [
                "Classes of the target 'y' with too few rows: 'c' (4 rows), 'd' (1 row); each class needs at "
                "least 5. Merge them with other classes in the source, or leave their rows out with this "
                "line in problem.yaml: "
                '`columns: {y: {nulls: ["c", "d"]}}`.'
            ],
        ),
        (
            "check_rare_classes",
            {"task": "multiclass"},
            {"y": [1.0] * 30 + [2.0] * 8 + [3.0] * 2},
            "error",
            [
                "Classes of the target 'y' with too few rows: 3 (2 rows); each class needs at least 5. "
                "Set TASK=regression (in problem.yaml, task: regression) if they are numbers. Or merge "
                "them in the source, or leave their rows out with this line in problem.yaml: "
                '`columns: {y: {nulls: ["3"]}}`.'
            ],
        ),
        (
            "check_rare_classes",
            {},
            {"y": [0] * 38 + [1] * 2},
            "error",
            [
                "Classes of the target 'y' with too few rows: 1 (2 rows); each class needs at least 5. "
                "Add rows of this class, or name another target."
            ],
        ),
        ("check_rare_classes", {}, {"y": [i / 7 for i in range(N)]}, "error", []),
        (
            "check_features",
            {"identifiers": ["x"], "sensitive": ["color"]},
            {"one": [1] * N},
            "error",
            [
                "No column is left to learn from: every column has a role, no values, or only one value. "
                "Add columns, or list fewer of them under identifiers or sensitive."
            ],
        ),
        ("check_features", {"identifiers": ["x", "color"]}, {"one": [None, *[1] * 39]}, "error", []),
        (
            "check_event_time",
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
            "check_event_time",
            {"event_time": "x"},
            {"x": [5] * N},
            "error",
            [
                "The event time column 'x' has only one value, so no row is later than another. "
                "Name a column in which later rows have later times, or remove event_time."
            ],
        ),
        (
            "check_event_time",
            {"event_time": "when"},
            {"when": [datetime(2026, 1, 1) + timedelta(days=i) for i in range(N)]},
            "error",
            [],
        ),
        (
            "check_group",
            {"group": "color"},
            {},
            "error",
            [
                "The group column 'color' is empty in 13 rows. Give every row a group, or remove group.",
                "The group column 'color' has 2 groups; at least 5 are needed to train on some of "
                "them and test on others. Name a column with more groups, or remove group.",
            ],
        ),
        (
            "check_group",
            {"group": "g", "event_time": "x"},
            {"g": [i % 5 for i in range(N)]},
            "warning",
            [
                "Both event_time and group are set: the test rows are the latest rows, so rows of one group "
                "may be in both training and test. Remove event_time if groups must stay together."
            ],
        ),
        (
            "check_monotonic",
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
        ("check_monotonic", {"monotonic": {"x": "rising", "gone": "rising"}}, {}, "error", []),
        (
            "check_missing_columns",
            {"monotonic": {"xx": "rising", "x": "falling"}},
            {},
            "error",
            ["The monotonic column 'xx' is not in the table. Did you mean 'x'?"],
        ),
        (
            "check_unknown_targets",
            {},
            {"y": [None, *[0, 1, 1] * 13]},
            "warning",
            ["The target is empty in 1 row (2.5%). Rows without a target are left out."],
        ),
        (
            "check_useless_columns",
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
            "check_duplicate_rows",
            {},
            {"x": [1] * 18 + list(range(22))},
            "warning",
            [
                "13 rows repeat an earlier row in every column. "
                "If they are copies, drop them. "
                "While most rows differ, a random split keeps copies together."
            ],
        ),
        (
            "propose_identifiers",
            {"identifiers": ["named"], "keep": ["kept"]},
            {
                "name": [f"n{i}" for i in range(N)],
                "number": [i * i for i in range(N)],
                "row": [None, *range(N, 1, -1)],
                "named": list(range(N)),
                "kept": list(range(N)),
                "income": [20_000 + 997 * i * i for i in range(N)],
            },
            "warning",
            [
                "Columns that look like identifiers: name (100% of its texts are different), number (its "
                "name is that of a key, and each number has one row), row (its whole numbers follow each "
                "other, one for each row). Those of text are left out, and those of numbers too unless they "
                "predict the target. If they name rows, write in problem.yaml: "
                "`identifiers: [name, number, row]`. To learn from them, write: `keep: [name, number, row]`."
            ],
        ),
        (
            "check_free_text",
            {},
            {
                "review": [f"arrived late, lid broken {i}" for i in range(N)],
                "code": [f"c {i}" for i in range(N)],
            },
            "warning",
            [
                "Free text is not used: review. Add columns that say the same as numbers or categories. If "
                "the text may be left out, write in problem.yaml: `identifiers: [review]`."
            ],
        ),
        (
            "propose_group",
            {},
            {"customer": [f"c{i % 12}" for i in range(N)], "y": [i % 12 % 5 % 2 for i in range(N)]},
            "warning",
            [
                "The values of column 'customer' repeat, and within one value the target never changes (12 "
                "values in 40 rows). If new rows will have new values, write in problem.yaml: "
                "`group: customer`. Otherwise test rows share values with training rows, and the scores are "
                "too good."
            ],
        ),
        (
            "propose_group",
            {"group": "customer"},
            {"customer": [f"c{i % 12}" for i in range(N)], "y": [i % 12 % 5 % 2 for i in range(N)]},
            "warning",
            [],
        ),
        (
            "propose_event_time",
            {},
            {
                name: [datetime(2026, 1, 1) + timedelta(days=i) for i in range(N)]
                for name in ("born", "sold on")
            },
            "warning",
            [
                "Column 'sold on' has a date in nearly every row, but training and test rows are mixed in "
                "time. If the model must predict later rows than those it learns from, write in "
                "problem.yaml: `event_time: sold on`."
            ],
        ),
        (
            "propose_event_time",
            {"event_time": "t"},
            {"t": [datetime(2026, 1, 1 + i % 30) for i in range(N)]},
            "warning",
            [],
        ),
        (
            "propose_nulls",
            {"columns": {"known": {"nulls": []}}, "identifiers": ["id"]},
            {
                "age": [-999] * 3 + list(range(20, 57)),
                "known": [-999] * 3 + list(range(20, 57)),
                "id": [-999] * 3 + list(range(20, 57)),
                "date": [datetime(1900, 1, 1)] * 4
                + [datetime(2026, 1, 1) + timedelta(days=i) for i in range(36)],
            },
            "warning",
            [
                "Repeated values far from all others: 'age' -999 (3 rows), 'date' 1900-01-01 (4 rows). If "
                "they are missing values, write in problem.yaml: "
                '`columns: {age: {nulls: ["-999"]}, date: {nulls: ["1900-01-01"]}}`.'
            ],
        ),
        (
            "check_class_words",
            {},
            {"y": ["NA"] * 10 + ["ZA"] * 20 + ["None"] * 10},
            "warning",
            [
                "In the target column 'y', 'NA' (10 rows), 'None' (10 rows) are classes. If they mean "
                'a missing value, write in problem.yaml: `columns: {y: {nulls: ["NA", "None"]}}`.'
            ],
        ),
        (
            "check_class_words",
            {"columns": {"y": {"nulls": []}}},
            {"y": ["NA"] * 10 + ["ZA"] * 30},
            "warning",
            [],
        ),
        (
            "check_class_spellings",
            {},
            {"y": ["new york"] * 10 + ["New  York"] * 20 + ["Oslo"] * 10},
            "warning",
            [
                "Classes of the target column 'y' differ only in case or blanks: 'New  York' and 'new york'. "
                "If they are one class, write in problem.yaml: `columns: {y: {case: "
                "fold}}`, or correct the blanks "
                "in the source."
            ],
        ),
        (
            "check_class_spellings",
            {"columns": {"y": {"case": "keep"}}},
            {"y": ["a"] * 10 + ["A"] * 30},
            "warning",
            [],
        ),
        (
            "check_imbalance",
            {},
            {"y": [1] + [0] * 39},
            "warning",
            [
                "Class 1 is rare: 1 row (2.50%). "
                "Judge the model by average_precision or value, not by accuracy."
            ],
        ),
        ("check_imbalance", {}, {"y": [1] * 2 + [0] * 38}, "warning", []),
    ],
)
def test_a_check_finds_what_it_looks_for(
    name: str, settings: dict[str, object], columns: dict[str, list[object]], level: str, expected: list[str]
) -> None:
    one_check: Callable[[TableEvidence], Iterator[Notice]] = getattr(checks, name)
    assert one_check in checks.CHECKS
    found = list(one_check(_evidence(settings, **columns)))
    assert [str(finding) for finding in found] == expected
    assert all(finding.level == level for finding in found)


def test_equal_rows_do_not_hide_an_identifier() -> None:
    ids = [*range(N), 3]
    columns = {name: [*values, values[3]] for name, values in SOUND.items()}
    texts = [finding.text for finding in run_checks(_evidence(id=ids, **columns))]
    assert any(text.startswith("Columns that look like identifiers: id (") for text in texts)


def test_of_a_table_without_rows_only_what_can_be_said_is_said() -> None:
    table = pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.string())})
    problem = Problem(target="y", group="team")
    findings = run_checks(TableEvidence(problem, profile_table(ds.dataset(table), "y", plain_reading(table))))
    assert [finding.text for finding in findings] == [
        "The table has no rows.",
        "The group column 'team' is not in the table.",
    ]


def test_all_errors_are_found_at_once() -> None:
    evidence = _evidence({"group": "color", "event_time": "whem"}, z=[INFINITY] * N)
    errors = [finding.text for finding in run_checks(evidence) if finding.level == "error"]
    assert len(errors) == 4


def test_a_date_that_stands_for_none_is_proposed_as_the_source_writes_it() -> None:
    dates = [datetime(1900, 1, 1)] * 4 + [datetime(2026, 1, 1) + timedelta(days=i) for i in range(36)]
    table = pa.table({"day": dates, "y": SOUND["y"]})
    reading = TableReading(
        {
            "day": ColumnReading(Reading("datetime", formats=("%d.%m.%Y",))),
            "y": ColumnReading(Reading("integer")),
        }
    )
    (warning,) = checks.propose_nulls(
        TableEvidence(Problem(target="y"), profile_table(ds.dataset(table), "y", reading))
    )
    assert '`columns: {day: {nulls: ["01.01.1900"]}}`' in warning.remedy
