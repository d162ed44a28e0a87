from datetime import datetime

import pyarrow as pa
import pytest

from components._table.schema import Column, Kind, Schema
from components.errors import InvalidData
from components.score.intake import Intake


def intake(kind: Kind, column: pa.Array, name: str = "a", n_null: int = 0) -> tuple[Intake, pa.Table]:
    table = pa.table({name: column, "other": pa.nulls(len(column), pa.string())})
    return Intake({"a": kind}, Schema((Column("a", kind, n_null=n_null),), 9), table.schema), table


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("float", pa.array([1, None, 3]), [1.0, None, 3.0]),
        ("integer", pa.array([1.0, None, 2.5]), [1.0, None, 2.5]),
        ("integer", pa.array(["1", None, "-2"]), [1.0, None, -2.0]),
        ("float", pa.array(["1e3", "0.5"]), [1000.0, 0.5]),
        ("boolean", pa.array([0, 1, None]), [False, True, None]),
        ("string", pa.array([8001, None]), ["8001", None]),
        (
            "datetime",
            pa.array(["2026-01-02", "2026-01-02T03:04:05Z", None]),
            [datetime(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), None],
        ),
        ("float", pa.array([None, None], pa.string()), [None, None]),
        ("datetime", pa.array([None], pa.string()), [None]),
    ],
)
def test_a_value_of_another_kind_is_taken_where_it_has_one_meaning(
    kind: Kind, column: pa.Array, expected: list[object]
) -> None:
    taken, table = intake(kind, column)
    taken.check([(0, table)])
    values = taken.frame(table)["a"]
    assert [
        None if is_null else value for value, is_null in zip(values, values.isna(), strict=True)
    ] == expected
    assert taken.ignored == ["other"]


@pytest.mark.parametrize(
    ("kind", "column", "message"),
    [
        ("float", pa.array(["1", "one", None, "two"]), "no float: row 11 'one', row 13 'two'"),
        ("integer", pa.array([True, None]), "no integer: row 10 True"),
        ("boolean", pa.array([0, 2]), "no boolean: row 11 2"),
        ("string", pa.array([0.5]), r"no string: row 10 0\.5"),
        ("datetime", pa.array(["1.2.2026"]), r"no datetime: row 10 '1\.2\.2026'"),
        ("datetime", pa.array([5]), "no datetime: row 10 5"),
    ],
)
def test_a_value_without_a_meaning_is_named(kind: Kind, column: pa.Array, message: str) -> None:
    taken, table = intake(kind, column)
    with pytest.raises(InvalidData, match=message):
        taken.check([(10, table)])


def test_a_column_may_be_absent_where_it_was_null_in_training() -> None:
    taken, table = intake("string", pa.array([1, 2]), name="b", n_null=3)
    taken.check([(0, table)])
    assert taken.frame(table)["a"].tolist() == [None, None]
    taken, table = intake("string", pa.array([1, 2]), name="A")
    with pytest.raises(
        InvalidData, match=r"'a' is missing, and was never null in training\. Did you mean 'A'"
    ):
        taken.check([])
