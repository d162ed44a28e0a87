"""Where a value stands among the values of its column, in words."""

import numpy as np
import pandas as pd

from components._report.formats import format_share, format_value, mark_year
from components._table.schema import Kind
from components.eda.values import to_numbers


def describe_value(column: pd.Series, kind: Kind, place: int) -> str:
    """Return what is special about a value that is known, such as "fare 512 is above 99.9 % of the rows".

    Parameters
    ----------
    column : Series of shape (n_rows,)
        The column, with its name.
    kind : str
        Its kind.
    place : int
        The row of the value.
    """
    value = column.iloc[place]
    if kind in ("string", "boolean"):
        n_equal = int((column == value).sum())
        rows = f"in {n_equal:,} of {len(column):,} rows" if n_equal > 1 else "in no other row"
        return f"{column.name} {value} is {rows}"
    numbers = to_numbers(column)
    known, number = numbers[~np.isnan(numbers)], numbers[place]
    written = f"{value:%Y-%m-%d}" if kind == "datetime" else format_value(mark_year(value, str(column.name)))
    n_below, n_above = int((known < number).sum()), int((known > number).sum())
    largest, smallest = ("latest", "earliest") if kind == "datetime" else ("largest", "smallest")
    above, below = ("later than", "earlier than") if kind == "datetime" else ("above", "below")
    if not n_above or not n_below:
        rank = f"the {largest if not n_above else smallest} of all"
    elif n_below > n_above:
        rank = f"{above} {_format_most(n_below / len(known))} of the rows"
    else:
        rank = f"{below} {_format_most(n_above / len(known))} of the rows"
    return f"{column.name} {written} is {rank}"


def _format_most(share: float) -> str:
    """Return a share that is less than 1, in per cent that are not rounded to 100."""
    return format_share(np.floor(share * 1000) / 1000)
