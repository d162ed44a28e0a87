from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._expectations.spec import Expectations
from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.storage import open_table, write_table
from components.validate.expectations import ExpectationCheck

TABLE = pa.table(
    {
        "id": pa.array([f"k{i}" for i in range(10)]),
        "age": [30, 999, 31, 32, -1, 33, 34, 35, 36, 37],
        "y": ["no", "yes"] * 5,
    }
)
AGE = {"columns": {"age": {"type": "integer", "min": 0, "max": 120}}}
PROBLEM = Problem.from_settings({"target": "y", "identifiers": ["id"]})


def _check(
    folder: Path, settings: dict[str, Any], table: pa.Table = TABLE, own_test: pa.Table | None = None
) -> ExpectationCheck:
    for name, rows in (("dataset", table), ("own", own_test)):
        if rows is not None:
            write_table(rows.to_batches(), rows.schema, folder / name)
    own = None if own_test is None else str(folder / "own")
    engine = TableEngine(256 << 20, folder / "scratch")
    return ExpectationCheck(
        Expectations.from_settings(settings), PROBLEM, str(folder / "dataset"), own, engine
    )


def _list(checked: ExpectationCheck) -> list[tuple[str, str]]:
    return [(notice.level, notice.text) for notice in checked.notices]


def test_without_expectations_nothing_is_said_and_nothing_set_aside(tmp_path: Path) -> None:
    with _check(tmp_path, {}, own_test=TABLE) as checked:
        assert checked.notices == ()
        assert checked.source.is_set_aside.n_rows == 10
        facts = checked.write_quarantine(str(tmp_path / "quarantine"))
    assert facts["rows"] == 0
    assert "expectations_sha256" not in facts


def test_a_table_that_is_as_expected_is_said_to_be(tmp_path: Path) -> None:
    with _check(tmp_path, {"columns": {"age": {"type": "integer"}}}, own_test=TABLE) as checked:
        assert _list(checked) == [
            ("note", "The table is as expected: 1 column checked."),
            ("note", "The test table is as expected: 1 column checked."),
        ]


def test_a_broken_expectation_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with _check(tmp_path, AGE) as checked:
        assert _list(checked) == [
            ("error", "Column 'age' is below its min of 0 in 1 row (10.0%): row 5: -1."),
            ("error", "Column 'age' is above its max of 120 in 1 row (10.0%): row 2: 999."),
        ]
        assert checked.notices[0].remedy == (
            "Correct these rows in the source, or the expectation in the file of the expectations. Rows are "
            "counted from 1, without the header. Or set such rows aside: quarantine: true."
        )
        assert checked.n_set_aside == 0


def test_rows_are_set_aside_in_both_tables(tmp_path: Path) -> None:
    with _check(tmp_path, {**AGE, "quarantine": True}, own_test=TABLE.slice(4)) as checked:
        assert [level for level, _ in _list(checked)] == ["warning"] * 5
        texts = [text for _, text in _list(checked)]
        assert texts[2].startswith("2 rows of 10 are set aside, and no model learns from them")
        assert texts[3] == "Column 'age' of the test table is below its min of 0 in 1 row (16.7%): row 1: -1."
        assert texts[4].startswith("1 row of 6 of the test table is set aside")
        assert checked.test is not None
        assert (checked.source.n_set_aside, checked.test.n_set_aside, checked.n_set_aside) == (2, 1, 3)
        assert open_table(checked.source.path).to_table()["age"].to_pylist() == [
            30,
            31,
            32,
            33,
            34,
            35,
            36,
            37,
        ]
        # Row 3 of the rest is row 4 of the table.
        assert [checked.source.count_row(row) for row in (1, 2, 3, 4)] == [1, 3, 4, 6]
        facts = checked.write_quarantine(str(tmp_path / "quarantine"))
    assert facts["expectations_sha256"] == checked.expectations.sha256
    stored = open_table(tmp_path / "quarantine").to_table().to_pylist()
    assert [tuple(row.values())[:4] for row in stored] == [
        ("source", 2, "age: max", "k1"),
        ("source", 5, "age: min", "k4"),
        ("test", 1, "age: min", "k4"),
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"rows": {"min": 11}},
        {"columns": {"gone": {}}},
        {"columns": {"age": {"type": "string"}}},
        {"columns": {"y": {"unique": True}}},
        {"rules": [{"name": "a", "expression": "age > 'x'"}]},
    ],
)
def test_what_is_about_the_whole_table_is_an_error_also_with_a_quarantine(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with _check(tmp_path, {**settings, "quarantine": True}) as checked:
        ((level, _),) = _list(checked)
    assert level == "error"
    assert "quarantine" not in checked.notices[0].remedy


def test_more_than_half_of_the_rows_are_not_set_aside(tmp_path: Path) -> None:
    def expect(least: int) -> dict[str, Any]:
        return {"columns": {"age": {"type": "integer", "min": least}}, "quarantine": True}

    with _check(tmp_path, expect(34)) as checked:
        assert checked.n_set_aside == 5
    with _check(tmp_path, expect(35)) as checked:
        assert checked.n_set_aside == 0
        assert [level for level, _ in _list(checked)] == ["error", "error"]
        assert checked.notices[1].text == (
            "6 of 10 rows break the expectations, which is more than half, so they are not set aside."
        )


def test_a_test_table_without_identifiers_breaks_nothing_about_them(tmp_path: Path) -> None:
    own = TABLE.set_column(0, "id", pa.array([None] * 10, pa.string()))
    settings = {"columns": {"id": {"type": "string", "nullable": False}}, "rows": {"min": 10}}
    with _check(tmp_path, settings, own_test=own.slice(5)) as checked:
        assert [level for level, _ in _list(checked)] == ["note", "note"]
