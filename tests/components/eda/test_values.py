import numpy as np
import pandas as pd
import pytest

from components.eda.values import to_numbers

NAN = float("nan")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, None]), [1.5, NAN]),
        (pd.Series([1.0, float("inf"), -float("inf")]), [1, NAN, NAN]),
        (pd.Series([True, False]), [1, 0]),
        (pd.Series([True, None, False], dtype=object), [1, NAN, 0]),
        (pd.Series(pd.to_datetime(["1970-01-02", "NaT"])), [86_400, NAN]),
        (pd.Series(pd.to_datetime(["1970-01-02"])).astype("datetime64[us]"), [86_400]),
    ],
)
def test_columns_are_read_as_numbers(column, expected):
    np.testing.assert_array_equal(to_numbers(column), np.array(expected, dtype=float))
