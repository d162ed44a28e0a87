import numpy as np
import pandas as pd

from components._table.seconds import to_seconds


def test_times_are_seconds_since_1970_and_null_is_nan() -> None:
    times = pd.Series(pd.to_datetime(["1970-01-02", "NaT", "1969-12-31T23:59:59.5"], format="ISO8601"))
    np.testing.assert_array_equal(to_seconds(times), [86_400.0, np.nan, -0.5])
