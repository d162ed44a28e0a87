from datetime import datetime

import pyarrow as pa
import pytest

from components._model.intake import Intake
from components._table.schema import Column, Kind, Schema
from components.errors import InvalidData


def make_intake(kind: Kind, column: pa.Array, name: str = "a", n_null: int = 0) -> tuple[Intake, pa.Table]:
    table = pa.table({name: column, "other": pa.nulls(len(column), pa.string())})
    return Intake({"a": kind}, Schema((Column("a", kind, n_null=n_null),), 9), table.schema), table


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("float", pa.array([1.5, None]), [1.5, None]),
        ("integer", pa.array([1, None, -2]), [1, None, -2]),
        ("boolean", pa.array([False, True, None]), [False, True, None]),
        ("string", pa.array(["8001", None]), ["8001", None]),
        (
            "datetime",
            pa.array([datetime(2026, 1, 2), None], pa.timestamp("us")),
            [datetime(2026, 1, 2), None],
        ),
        ("datetime", pa.array([None], pa.timestamp("us")), [None]),
    ],
)
def test_the_models_columns_are_those_of_ingest(kind: Kind, column: pa.Array, expected: list[object]) -> None:
    found, table = make_intake(kind, column)
    found.check()
    values = found.build_frame(table)["a"]
    assert [
        None if is_null else value for value, is_null in zip(values, values.isna(), strict=True)
    ] == expected
    assert list(found.build_frame(table)) == ["a"]
    assert found.ignored == ["other"]


@pytest.mark.parametrize(
    ("kind", "column", "message"),
    [
        ("float", pa.array(["1"]), "'a' is of kind string, but float in the model"),
        ("integer", pa.array([1.0]), "'a' is of kind float, but integer in the model"),
        ("string", pa.array([8001]), "'a' is of kind integer, but string in the model"),
        ("boolean", pa.array([0]), "'a' is of kind integer, but boolean in the model"),
        ("datetime", pa.array(["2026-01-02"]), "'a' is of kind string, but datetime in the model"),
    ],
)
def test_a_table_that_was_read_by_other_rules_is_refused(kind: Kind, column: pa.Array, message: str) -> None:
    with pytest.raises(InvalidData, match=f"{message}: it was not read with the model's readings"):
        make_intake(kind, column)[0].check()


def test_a_column_may_be_absent_where_it_was_null_in_training() -> None:
    found, table = make_intake("string", pa.array([1, 2]), name="b", n_null=3)
    found.check()
    assert found.build_frame(table)["a"].tolist() == [None, None]
    found, _ = make_intake("string", pa.array([1, 2]), name="A")
    with pytest.raises(
        InvalidData, match=r"'a' is missing, and was never null in training\. Did you mean 'A'"
    ):
        found.check()
