"""The parts of dates, for whole columns."""

import numpy as np

MICROSECONDS_OF_DAY = 86_400_000_000
_MICROSECONDS_OF_HOUR = MICROSECONDS_OF_DAY // 24


def compute_date_part(dates: np.ndarray, part: str, first: int) -> np.ndarray:
    """Return a part of dates, float64 of shape (n_rows,); NaN for a missing date.

    Parameters
    ----------
    dates : ndarray of datetime64[us], shape (n_rows,)
        Dates; NaT for a missing date.
    part : {"days", "month", "day", "weekday", "hour"}
        Days since the first date, with a fraction; month and day from 1; Monday is 0.
    first : int
        The first date, in microseconds since 1970.
    """
    microseconds = dates.astype(np.int64)
    value: np.ndarray
    if part == "days":
        value = (microseconds - first) / MICROSECONDS_OF_DAY
    elif part == "month":
        value = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1.0
    elif part == "day":
        months = dates.astype("datetime64[M]")
        value = (dates.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1.0
    elif part == "weekday":
        # 1970-01-01 was a Thursday.
        value = (microseconds // MICROSECONDS_OF_DAY + 3) % 7 + 0.0
    else:
        value = microseconds // _MICROSECONDS_OF_HOUR % 24 + 0.0
    return np.where(np.isnat(dates), np.nan, value)
