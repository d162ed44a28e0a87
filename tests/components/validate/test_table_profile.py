from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from components._table.reading import Reading
from components._table.schema import Column
from components.validate.column_profile import ColumnProfile
from components.validate.table_profile import TableProfile, profile_table
from tests.readings import plain_reading

NAN, INFINITY = float("nan"), float("inf")
TIME = pa.timestamp("us")


def _profile(target: str = "", **columns: tuple[list[object], pa.DataType]) -> TableProfile:
    table = pa.table({name: pa.array(values, type_) for name, (values, type_) in columns.items()})
    return profile_table(ds.dataset(table), target, plain_reading(table))


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
    values: list[object], type_: pa.DataType, expected: ColumnProfile
) -> None:
    found = _profile(c=(values, type_))
    (column,) = found.columns
    assert column.column.reading == Reading(expected.column.kind)
    assert replace(column, column=replace(column.column, reading=None)) == expected
    assert found.n_rows == len(values)


def test_a_column_of_many_categories_lists_none() -> None:
    found = _profile(c=([f"v{i}" for i in range(1001)], pa.string()))
    assert found.columns[0].column.categories == ()
    assert found.columns[0].column.n_distinct == 1001


def test_a_long_text_is_cut_in_examples_only() -> None:
    found = _profile(c=(["x" * 100], pa.string()))
    assert found.columns[0].examples == ("x" * 39 + "…",)
    assert found.columns[0].column.categories == ("x" * 100,)


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (["b", None, "a", "b"], pa.string(), {"a": 1, "b": 2}),
        ([10, 9, 10], pa.int64(), {9: 1, 10: 2}),
        ([True, False, None], pa.bool_(), {False: 1, True: 1}),
        ([2.0, 1.0, NAN], pa.float64(), {1: 1, 2: 1}),
        ([1.0, 1.5], pa.float64(), {}),
        ([1.0, INFINITY], pa.float64(), {}),
        (list(range(1001)), pa.int64(), {}),
        ([datetime(2026, 1, 1)], TIME, {}),
        ([None], pa.string(), {}),
    ],
)
def test_the_rows_of_each_class_of_the_target_are_counted(
    values: list[object], type_: pa.DataType, expected: dict[object, int]
) -> None:
    target = _profile("y", y=(values, type_)).target
    assert target is not None
    assert list(target.counts.items()) == list(expected.items())
    assert [type(label) for label in target.counts] == [type(label) for label in expected]
    assert target.n_known == len(values) - target.column.n_null


def test_a_table_may_lack_the_target() -> None:
    assert _profile("y", x=([1], pa.int64())).target is None


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1, 1, 2], ["a", "a", "a"], 1),
        ([1, 1, 1], ["a", "a", "a"], 2),
        ([1, 2, 3], ["a", "a", "a"], 0),
        ([None, None, 0], ["a", "a", "a"], 1),
        ([1, 2, 1], [None, None, None], 1),
        ([], [], 0),
    ],
)
def test_rows_that_repeat_others_in_every_column_are_counted(
    left: list[int], right: list[str], expected: int
) -> None:
    assert _profile(a=(left, pa.int64()), b=(right, pa.string())).n_duplicates == expected


def test_equal_values_in_other_columns_are_no_duplicates() -> None:
    assert _profile(a=([1, 2], pa.int64()), b=([2, 1], pa.int64())).n_duplicates == 0


def test_the_parts_and_the_order_of_the_rows_do_not_matter() -> None:
    values = ["b", None, "a", "b", "c", "?", "1"] * 3
    table = pa.table({"c": pa.array(values)})
    whole = profile_table(ds.dataset(table), "c", plain_reading(table))
    parts = pa.chunked_array([pa.array(values[::-1][:5]), pa.array(values[::-1][5:])])
    assert profile_table(ds.dataset(pa.table({"c": parts})), "c", plain_reading(table)) == whole


def test_a_column_may_have_any_name() -> None:
    table = pa.table({"a.b": [1], "self": [2], "": [3]})
    found = profile_table(ds.dataset(table), "a.b", plain_reading(table))
    assert [(name, found.schema[name].maximum) for name in found.schema.names] == [
        ("a.b", 1),
        ("self", 2),
        ("", 3),
    ]
