from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.storage import write_table
from components.validate.own_test import check_own_test

CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": []}


def _check(task: str, values: list[Any]) -> list[tuple[str, str]]:
    settings = {"target": "y", "task": task, "metric": "auto", "classes": CLASSES[task]}
    if task == "binary":
        settings["positive_label"] = "yes"
    type_ = pa.float64() if task == "regression" else pa.string()
    table = pa.table({"y": pa.array(values, type_)})
    with TemporaryDirectory() as folder, TableEngine(256 << 20, folder) as engine:
        write_table(table.to_batches(), table.schema, folder)
        found = check_own_test(folder, Problem.from_settings(settings), engine)
    return [(notice.level, str(notice)) for notice in found]


FEW = "testing needs at least 10. Give a table whose rows have the target, or none."


@pytest.mark.parametrize(
    ("task", "values", "expected"),
    [
        ("binary", [], []),
        ("binary", ["no", "yes"] * 5, []),
        ("regression", [1.5] * 10, []),
        ("binary", [None] * 20, [("error", f"The test table has only 0 rows with a target; {FEW}")]),
        (
            "regression",
            [None, *[1.5] * 9],
            [
                ("warning", "The target is empty in 1 row of the test table. These rows are left out."),
                ("error", f"The test table has only 9 rows with a target; {FEW}"),
            ],
        ),
        (
            "binary",
            ["no", "yes"] * 5 + ["maybe"] * 2,
            [
                (
                    "error",
                    "The target of the test table has classes that no training row has: 'maybe' (2 rows). "
                    "Correct them, or add such rows to the training table. Its classes are: 'no', 'yes'.",
                )
            ],
        ),
        (
            "binary",
            ["no"] * 10,
            [("error", "The test table has no row of class 'yes'. Add rows of each class to it.")],
        ),
        (
            "multiclass",
            ["a", "b"] * 5,
            [("warning", "The test table has no row of class 'c'. Add rows of each class to it.")],
        ),
    ],
)
def test_a_test_table_is_judged_by_its_target(
    task: str, values: list[Any], expected: list[tuple[str, str]]
) -> None:
    assert _check(task, values) == expected
