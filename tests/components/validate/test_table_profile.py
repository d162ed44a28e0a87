from typing import Any

import pyarrow as pa
import pytest

from components._table.reading import Reading
from components.validate.table_profile import TableProfile
from tests.components.validate.profiles import profile

NAN, INFINITY = float("nan"), float("inf")
TIME = pa.timestamp("us")


def _profile(target: str = "", **columns: tuple[list[Any], pa.DataType]) -> TableProfile:
    table = pa.table({name: pa.array(values, type_) for name, (values, type_) in columns.items()})
    return profile(table, target)


def test_a_table_is_described_by_its_columns_and_their_readings() -> None:
    found = _profile(a=([3, None], pa.int64()), b=(["x", "y"], pa.string()))
    assert (found.n_rows, found.schema.names) == (2, ["a", "b"])
    assert [profile.column.reading for profile in found.columns] == [Reading("integer"), Reading("string")]


def test_many_columns_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {f"c{i}": ([i % 3, None, i % 3], pa.float64()) for i in range(7)}
    whole = _profile("c2", **columns)
    monkeypatch.setattr("components.validate.loaded_table._CELLS_AT_ONCE", 6)
    assert _profile("c2", **columns) == whole
    assert (whole.schema.names, whole.n_duplicates) == ([*columns], 1)


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
    whole = profile(table, "c")
    parts = pa.chunked_array([pa.array(values[::-1][:5]), pa.array(values[::-1][5:])])
    assert profile(pa.table({"c": parts}), "c") == whole


def test_a_column_may_have_any_name() -> None:
    table = pa.table({"a.b": [1], "self": [2], "": [3]})
    found = profile(table, "a.b")
    assert [(name, found.schema[name].maximum) for name in found.schema.names] == [
        ("a.b", 1),
        ("self", 2),
        ("", 3),
    ]
