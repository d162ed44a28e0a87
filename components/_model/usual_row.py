"""The usual value of each column: what explanations compare a row with, and where a form begins."""

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from components._compiled.recipe import Value
from components._table.schema import Kind

_EPOCH = datetime(1970, 1, 1)


def compute_usual_row(columns: dict[str, Kind], profile: dict[str, Any]) -> list[Value]:
    """Return the median or most frequent value of each column; None for a column of nulls and free text.

    Parameters
    ----------
    columns : dict of str to Kind
        The model's columns.
    profile : dict
        The distributions of the columns in training.
    """
    return [_compute_usual_value(profile["columns"][name], kind) for name, kind in columns.items()]


def to_datetime(seconds: float) -> datetime:
    """Return the time in a profile's number of seconds."""
    return _EPOCH + timedelta(seconds=seconds)


def _compute_usual_value(facts: dict[str, Any], kind: Kind) -> Value:
    if kind == "string":
        # Of free text the profile has no values; a null has the medians of its features.
        categories = facts.get("categories", {})
        return max(categories, key=categories.get, default=None)
    shares, starts = facts["shares"], facts["starts"]
    if not starts:
        return None
    # The start of the bin with the middle row.
    middle = starts[bisect_left(list(accumulate(shares)), sum(shares) / 2)]
    return to_datetime(middle) if kind == "datetime" else float(middle)
