import numpy as np
import pandas as pd
import pytest

from components._compiled.dates import compute_date_part

DATES = pd.Series(
    np.array(
        ["1969-12-31T23:59:59.999999", "1970-01-01", "NaT", "2000-02-29T13:45", "1601-03-01"],
        dtype="datetime64[us]",
    )
)


@pytest.mark.parametrize("part", ["month", "day", "weekday", "hour"])
def test_a_part_is_that_of_the_calendar(part: str) -> None:
    found = compute_date_part(DATES.to_numpy(), part, 0)
    np.testing.assert_array_equal(found, getattr(DATES.dt, part).to_numpy(dtype=np.float64))


def test_days_have_a_fraction_and_begin_with_the_first_date() -> None:
    first = int(pd.Timestamp("2000-02-28").value // 1000)
    found = compute_date_part(DATES.to_numpy(), "days", first)
    assert found[3] == pytest.approx(1 + (13 * 60 + 45) / 1440, rel=1e-15)
    assert np.isnan(found[2])
