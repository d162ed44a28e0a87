from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.storage import write_table
from components.validate.weights import check_weights

HOW = "Write a number above 0 in every row, or remove weight. Leave out rows that should not count."


def _check(values: list[Any], weight: str | None = "w", where: str = "") -> list[str]:
    table = pa.table({"w": values})
    with TemporaryDirectory() as folder:
        write_table(table.to_batches(max_chunksize=2), table.schema, folder)
        found = check_weights(folder, Problem(target="y", weight=weight), where)
    assert all(notice.level == "error" for notice in found)
    return [str(notice) for notice in found]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], ""),
        ([0.5, 2.0], ""),
        ([0, 0], "'w' is not a number above 0 in 2 rows: row 1 (0), row 2 (0) (the first row is 1)."),
        (
            [1.5, None, -2.0, float("inf")],
            "'w' is not a number above 0 in 3 rows: row 2 (empty), row 3 (-2), row 4 (inf) (the first row is "
            "1).",
        ),
        (["heavy", "light"], "'w' holds no numbers, but string values."),
    ],
)
def test_weights_are_positive_numbers(values: list[Any], expected: str) -> None:
    assert _check(values) == ([f"The weight column {expected} {HOW}"] if expected else [])


def test_the_table_is_named_and_a_missing_column_left_to_another_check() -> None:
    assert _check([-1], where=" of the test table")[0].startswith(
        "The weight column 'w' of the test table is"
    )
    assert _check([-1], None) == _check([-1], "other") == []
