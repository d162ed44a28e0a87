from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from components._table.schema import Column
from components.validate.column_profile import ColumnProfile, profile_column
from components.validate.loaded_column import LoadedColumn
from components.validate.sentinels import Sentinel

NAN, INFINITY = float("nan"), float("inf")
TIME = pa.timestamp("us")


def profile(values: list[Any], type_: pa.DataType) -> ColumnProfile:
    # Arrow keeps NaN apart from null, and tables have null only.
    array = pa.chunked_array([pa.array(values, type_, from_pandas=True)])
    return profile_column("c", LoadedColumn("c", array))


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([3, None, 1, 1], pa.int64(), ColumnProfile(Column("c", "integer", 1, 2, 1, 3))),
        ([2.5, NAN, None, -1.0], pa.float64(), ColumnProfile(Column("c", "float", 2, 2, -1.0, 2.5))),
        (
            [INFINITY, 1.0, None, -INFINITY] + [INFINITY] * 4,
            pa.float64(),
            ColumnProfile(Column("c", "float", 1, 3, 1.0, 1.0), (), 6, (1, 4, 5, 6, 7)),
        ),
        ([INFINITY], pa.float64(), ColumnProfile(Column("c", "float", 0, 1), (), 1, (1,))),
        (
            [True, None, False],
            pa.bool_(),
            ColumnProfile(Column("c", "boolean", 1, 2), ("false", "true")),
        ),
        (
            ["b", "a", None, "b", "d", "c"],
            pa.string(),
            ColumnProfile(
                Column("c", "string", 1, 4, categories=("a", "b", "c", "d")),
                ("b", "a", "c"),
            ),
        ),
        (
            [datetime(2026, 1, 2), None, datetime(2026, 1, 1, 13, 45)],
            TIME,
            ColumnProfile(
                Column("c", "datetime", 1, 2, minimum="2026-01-01T13:45:00", maximum="2026-01-02T00:00:00")
            ),
        ),
        ([None, None], pa.float64(), ColumnProfile(Column("c", "float", 2, 0))),
        ([None, None], pa.string(), ColumnProfile(Column("c", "string", 2, 0))),
        ([None], TIME, ColumnProfile(Column("c", "datetime", 1, 0))),
        ([], pa.int64(), ColumnProfile(Column("c", "integer", 0, 0))),
    ],
)
def test_each_kind_of_column_is_described(
    values: list[Any], type_: pa.DataType, expected: ColumnProfile
) -> None:
    assert profile(values, type_) == expected


def test_a_column_of_many_categories_lists_none() -> None:
    column = profile([f"v{i}" for i in range(1001)], pa.string()).column
    assert column.categories == ()
    assert column.n_distinct == 1001


def test_a_long_text_is_cut_in_examples_only() -> None:
    found = profile(["x" * 100], pa.string())
    assert found.examples == ("x" * 39 + "…",)
    assert found.column.categories == ("x" * 100,)


def test_what_speaks_against_a_feature_is_in_the_profile() -> None:
    assert profile([f"K{i:03}" for i in range(100)], pa.string()).key == "100% of its texts are different"
    assert profile([f"the {i} th box came late" for i in range(100)], pa.string()).is_free_text
    ages = [-999] * 3 + list(range(20, 57))
    assert profile(ages, pa.int64()).sentinels == (Sentinel("-999", 3),)
    assert profile([float(age) for age in ages], pa.float64()).sentinels == (Sentinel("-999", 3),)


def test_the_most_frequent_texts_are_examples_by_their_rows_and_then_by_themselves() -> None:
    assert profile(["b", "c", None, "a", "c"], pa.string()).examples == ("c", "a", "b")
