from pathlib import Path
from typing import Any

import pytest

from components._problem.reading_options import ColumnOptions, FileOptions
from components._problem.spec import Problem
from components.errors import InvalidSetting


def reload(folder: Path, **settings: Any) -> Problem:
    """Return a problem as a later stage reads it."""
    Problem.from_settings({"target": "y", **settings}).save(folder / "problem")
    return Problem.load(folder / "problem")


@pytest.mark.parametrize(
    ("given", "of_all", "expected"),
    [
        ({}, {}, "refuse"),
        ({}, {"unreadable": None}, "null"),
        ({}, {"unreadable": "null"}, "null"),
        ({"unreadable": None}, {}, "null"),
        ({"unreadable": "null"}, {}, "null"),
        ({"unreadable": "refuse"}, {"unreadable": None}, "refuse"),
        ({"kind": "number"}, {"unreadable": None}, "null"),
        ({"kind": "number"}, {}, "refuse"),
    ],
)
def test_a_columns_word_on_unreadable_values_goes_before_the_problems(
    tmp_path: Path, given: dict[str, Any], of_all: dict[str, Any], expected: str
) -> None:
    problem = reload(tmp_path, columns={"a": given}, **of_all)
    assert problem.get_column_options("a").unreadable == expected
    assert problem.get_column_options("other").unreadable == ("null" if of_all else "refuse")


def test_what_a_person_decided_is_kept(tmp_path: Path) -> None:
    options = {
        "kind": "number", "decimal": ",", "thousands": "", "nulls": ["-", "k.A."], "format": "%d.%m.%y",
        "case": "keep",
    }  # fmt: skip
    assert reload(tmp_path, columns={"a": options}).columns["a"] == ColumnOptions(
        kind="number", decimal=",", thousands="", nulls=("-", "k.A."), format="%d.%m.%y", case="keep"
    )
    file: dict[str, Any] = {
        "delimiter": "\t",
        "encoding": "cp1252",
        "header": False,
        "skip_rows": 3,
        "sheet": "Data",
    }
    assert reload(tmp_path, **file).file_options == FileOptions(**file)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": {"a": {"decmal": ","}}}, r"columns\.a\.decmal: unknown key\. Did you mean 'decimal'"),
        ({"columns": {"a": {"kind": "money"}}}, r"columns\.a\.kind: .*'number', 'integer'.*got 'money'"),
        ({"columns": {"a": {"decimal": ";"}}}, r"columns\.a\.decimal: "),
        ({"columns": {"a": {"unreadable": "drop"}}}, r"columns\.a\.unreadable: .*'refuse'"),
        ({"columns": {"a": {"nulls": "-"}}}, r"columns\.a\.nulls: "),
        ({"unreadable": "drop"}, "unreadable: input should be 'refuse' or 'null', got 'drop'"),
        ({"skip_rows": -1}, "skip_rows: "),
        ({"header": 0}, "header"),
        ({"delimiter": ""}, "delimiter: "),
    ],
)
def test_a_word_that_is_not_known_is_refused_by_its_place(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Problem.from_settings({"target": "y", **settings})
