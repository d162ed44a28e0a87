"""The parts that dates become: days since the first training date, month, day, weekday, hour."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from components._compiled.dates import compute_date_part

_PARTS = ("days", "month", "day", "weekday", "hour")


class DateParts(NamedTuple):
    """The parts of the dates of training rows.

    Attributes
    ----------
    first : dict of str to int
        First date of each column, in microseconds since 1970.
    parts : list of [str, str]
        Column and part.
    values : list of ndarray of shape (n_rows,)
        The training rows' values of each part.
    """

    first: dict[str, int]
    parts: list[list[str]]
    values: list[np.ndarray]


def choose_parts(dates: Mapping[str, np.ndarray], event_time: str) -> DateParts:
    """Return the parts that vary.

    Parameters
    ----------
    dates : mapping of str to ndarray of datetime64[us], shape (n_rows,)
        The date columns of the training rows.
    event_time : str
        The column without parts; empty for none.
    """
    chosen = DateParts({}, [], [])
    for name, moments in dates.items():
        known = moments[~np.isnat(moments)].astype(np.int64)
        chosen.first[name] = first = int(known.min()) if len(known) else 0
        for part in _PARTS if name != event_time else ():
            values = compute_date_part(moments, part, first)
            if np.unique(values[~np.isnan(values)]).size > 1:
                chosen.parts.append([name, part])
                chosen.values.append(values)
    return chosen
