import json
from dataclasses import asdict
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from components._problem.proposal import Proposal, read_proposals
from components._problem.spec import Problem
from components._table.reading import Reading
from components._table.table_reading import ColumnReading, TableReading
from components.validate.evidence import Check, TableEvidence
from components.validate.proposals import (
    check_free_text,
    propose_event_time,
    propose_group,
    propose_identifiers,
    propose_nulls,
)
from tests.components.validate.evidence import SOUND, N, find_with, make_evidence
from tests.components.validate.profiles import profile


@pytest.mark.parametrize(
    ("check", "settings", "columns", "level", "expected"),
    [
        (
            propose_identifiers,
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
            check_free_text,
            {},
            {
                "review": [f"arrived late, lid broken {i}" for i in range(N)],
                "code": [f"c {i}" for i in range(N)],
            },
            "note",
            [
                "Free text is not a feature as it is: review. Engineer tries its length and its words, and "
                "keeps what improves a quick model: see its page. To leave it out, write in problem.yaml: "
                "`identifiers: [review]`."
            ],
        ),
        (
            propose_group,
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
            propose_group,
            {"group": "customer"},
            {"customer": [f"c{i % 12}" for i in range(N)], "y": [i % 12 % 5 % 2 for i in range(N)]},
            "warning",
            [],
        ),
        (
            propose_event_time,
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
            propose_event_time,
            {"event_time": "t"},
            {"t": [datetime(2026, 1, 1 + i % 30) for i in range(N)]},
            "warning",
            [],
        ),
        (
            propose_nulls,
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
    ],
)
def test_only_a_person_can_decide_these(
    check: Check,
    settings: dict[str, object],
    columns: dict[str, list[object]],
    level: str,
    expected: list[str],
) -> None:
    found, levels = find_with(check, settings, columns)
    assert found == expected
    assert levels <= {level}


def test_a_date_that_stands_for_none_is_proposed_as_the_source_writes_it() -> None:
    dates = [datetime(1900, 1, 1)] * 4 + [datetime(2026, 1, 1) + timedelta(days=i) for i in range(36)]
    table = pa.table({"day": dates, "y": SOUND["y"]})
    reading = TableReading(
        {
            "day": ColumnReading(Reading("datetime", formats=("%d.%m.%Y",))),
            "y": ColumnReading(Reading("integer")),
        }
    )
    (warning,) = propose_nulls(TableEvidence(Problem(target="y"), profile(table, "y", reading)))
    assert '`columns: {day: {nulls: ["01.01.1900"]}}`' in warning.remedy


@pytest.mark.parametrize(
    ("check", "columns", "expected"),
    [
        (
            propose_group,
            {"customer": [f"c{i % 12}" for i in range(N)], "y": [i % 12 % 5 % 2 for i in range(N)]},
            [
                Proposal(
                    "group",
                    ("customer",),
                    "The values of column 'customer' repeat, and within one value the target never changes "
                    "(12 values in 40 rows).",
                    "group: customer",
                )
            ],
        ),
        (
            propose_event_time,
            {"day": [datetime(2026, 1, 1) + timedelta(days=i) for i in range(N)]},
            [
                Proposal(
                    "event_time",
                    ("day",),
                    "Column 'day' has a date in nearly every row, but training and test rows are mixed in "
                    "time.",
                    "event_time: day",
                )
            ],
        ),
        (
            propose_nulls,
            {"age": [-999] * 3 + [20 + i for i in range(N - 3)]},
            [
                Proposal(
                    "nulls",
                    ("age",),
                    "Repeated values far from all others: 'age' -999 (3 rows).",
                    'columns: {age: {nulls: ["-999"]}}',
                    ("-999",),
                )
            ],
        ),
    ],
)
def test_later_stages_get_the_proposal_itself(
    check: Check, columns: dict[str, list[object]], expected: list[Proposal]
) -> None:
    (notice,) = check(make_evidence({}, **columns))
    assert list(notice.proposals) == expected
    assert read_proposals(json.loads(json.dumps(list(map(asdict, expected))))) == tuple(expected)
