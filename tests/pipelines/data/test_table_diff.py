from dataclasses import replace
from pathlib import Path

import pytest

from components._table.reading import Reading
from components._table.table_reading import ColumnReading
from components.errors import InvalidSetting
from pipelines.data.table_diff import compare_tables
from tests.pipelines.data.versions import write_version

_OLD = {"id": [1, 2, 3], "size": [1, 2, 3], "plan": ["a", "b", None]}


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        (
            {"plan": [None, "b", "a"], "size": [3, 2, 1], "id": [3, 2, 1]},
            "The content is the same: 3 rows with the same values.",
        ),
        (
            {**_OLD, "size": [1.0, 2.0, 3.0]},
            "The content differs: 1 column of another type (size).",
        ),
        (
            {"id": [1, 2, 4], "size": [1, 9, 3], "kind": ["a", "b", None]},
            "The content differs: 1 column removed (plan); 1 column added (kind); 1 row removed; "
            "1 row added; 1 row rewritten.",
        ),
    ],
)
def test_the_verdict_names_each_sort_of_difference(tmp_path: Path, new: dict, verdict: str) -> None:
    diff = compare_tables(write_version(tmp_path / "old", _OLD), write_version(tmp_path / "new", new))
    assert diff.verdict == verdict
    assert diff.is_same == ("same" in verdict)


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    old = write_version(tmp_path / "old", {"id": [1, 1, 2], "size": [1, 2, 3]})
    new = write_version(tmp_path / "new", {"id": [1, 1, 2], "size": ["7", "8", "3"]})
    assert compare_tables(old, new, ["id"]).notes == (
        "Rows are matched by id, as you gave it.",
        "Of the table old, 2 rows have a key that another row has, too. Rows with one key are compared "
        "together: equal ones cancel out.",
        "Of the table new, 2 rows have a key that another row has, too. Rows with one key are compared "
        "together: equal ones cancel out.",
        "4 rows with a repeated key changed, and it is not known which became which, so they count as "
        "removed and added.",
        "'size' is of type integer in the table old and string in the table new; its cells are "
        "compared as text.",
    )


def test_another_reading_with_the_same_values_is_said_but_is_no_difference(tmp_path: Path) -> None:
    readings = [
        {"size": ColumnReading(Reading("integer", thousands=mark)), "plan": ColumnReading(Reading("string"))}
        for mark in (".", "")
    ]
    old, new = (
        replace(write_version(tmp_path / name, _OLD), readings=reading)
        for name, reading in zip(("old", "new"), readings, strict=True)
    )
    diff = compare_tables(old, new)
    assert diff.is_same
    assert [column.reading for column in diff.columns] == ["", "decimal '.', thousands '.' → plain", ""]


def test_tables_without_a_common_column_are_an_error(tmp_path: Path) -> None:
    old, new = (write_version(tmp_path / name, {name: [1]}) for name in ("old", "new"))
    with pytest.raises(InvalidSetting, match="There is no column that both the table old and"):
        compare_tables(old, new)


def test_a_table_without_rows_is_compared(tmp_path: Path) -> None:
    old, new, empty = (write_version(tmp_path / name, _OLD, n) for name, n in (("a", 3), ("b", 0), ("c", 0)))
    assert compare_tables(old, new).verdict == "The content differs: 3 rows removed."
    assert compare_tables(new, old).verdict == "The content differs: 3 rows added."
    assert compare_tables(new, empty).is_same
