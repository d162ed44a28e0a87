"""Native values keep their type, alone and with values of other types."""

import datetime as dt

import pyarrow as pa
import pytest

from components._files.native_values import build_native_column
from components._table.cells import MIXED

DAY, NOON = dt.date(2024, 7, 1), dt.datetime(2024, 7, 1, 12)


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([1, None, -3], pa.int64(), [1, None, -3]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([float("nan"), 2.5], pa.float64(), [None, 2.5]),
        ([True, None], pa.bool_(), [True, None]),
        ([True, "x"], pa.string(), ["true", "x"]),
        ([2**53 + 1, 1], pa.string(), ["9007199254740993", "1"]),
        ([DAY, NOON], pa.timestamp("us"), [dt.datetime(2024, 7, 1), NOON]),
        ([DAY, "soon"], pa.string(), ["2024-07-01", "soon"]),
        ([NOON, "soon"], pa.string(), ["2024-07-01T12:00:00", "soon"]),
        ([dt.time(10, 20, 30), None], pa.float64(), [620.5, None]),
        ([dt.timedelta(hours=30)], pa.float64(), [1800.0]),
        ([None, None], pa.string(), [None, None]),
        (["1.10", None], pa.string(), ["1.10", None]),
        (
            [1, "x", None, False],
            MIXED,
            [
                {"number": 1.0, "text": None},
                {"number": None, "text": "x"},
                {"number": None, "text": None},
                {"number": None, "text": "false"},
            ],
        ),
    ],
)
def test_a_column_has_the_type_of_its_values(
    values: list[object], type_: pa.DataType, expected: list[object]
) -> None:
    column = build_native_column(values)  # type: ignore[arg-type]
    assert column.type == type_
    assert column.to_pylist() == expected
