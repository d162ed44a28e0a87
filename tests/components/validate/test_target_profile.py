from datetime import datetime

import pyarrow as pa
import pytest

from components.validate.column_profile import profile_column
from components.validate.loaded_column import LoadedColumn
from components.validate.target_profile import TargetProfile, profile_target

NAN, INFINITY = float("nan"), float("inf")


def profile(values: list[object], type_: pa.DataType) -> TargetProfile:
    column = LoadedColumn("y", pa.chunked_array([pa.array(values, type_, from_pandas=True)]))
    return profile_target(column, profile_column("y", column).column)


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (["b", None, "a", "b"], pa.string(), {"a": 1, "b": 2}),
        ([10, 9, 10], pa.int64(), {9: 1, 10: 2}),
        ([True, False, None], pa.bool_(), {False: 1, True: 1}),
        ([2.0, 1.0, NAN], pa.float64(), {1: 1, 2: 1}),
        ([1.0, 1.5], pa.float64(), {}),
        ([1.0, INFINITY], pa.float64(), {}),
        # Whole numbers that a float no longer tells apart.
        ([1.0, 1e300], pa.float64(), {}),
        (list(range(1001)), pa.int64(), {}),
        ([datetime(2026, 1, 1)], pa.timestamp("us"), {}),
        ([None], pa.string(), {}),
    ],
)
def test_the_rows_of_each_class_of_the_target_are_counted(
    values: list[object], type_: pa.DataType, expected: dict[object, int]
) -> None:
    target = profile(values, type_)
    assert list(target.counts.items()) == list(expected.items())
    assert [type(label) for label in target.counts] == [type(label) for label in expected]
    assert target.n_known == len(values) - target.column.n_null


def test_the_few_texts_among_many_numbers_are_counted() -> None:
    prices = [f"{i}.5" for i in range(30)]
    assert profile([*prices, "unknown", "unknown"], pa.string()).texts_among_numbers == {"unknown": 2}
    assert profile([*prices, "7.5 EUR"], pa.string()).texts_among_numbers == {}
    assert profile(["a", "b", "7"], pa.string()).texts_among_numbers == {}
