"""The profile of one column, computed from all its rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from components._table.keys import DistinctNumbers, explain_distinct_numbers, explain_distinct_texts
from components._table.long_texts import is_shortened
from components._table.schema import Column, Kind
from components.errors import shorten_text
from components.validate.counted_column import CountedColumn
from components.validate.groups import Grouping
from components.validate.number_counts import NumberCounts
from components.validate.sentinels import Sentinel, find_date_sentinels, find_number_sentinels

_EXAMPLES = 3
_LONGEST = 40


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes
    ----------
    column : Column
        Its column in the schema.
    examples : tuple of str
        The most frequent values of a string or boolean column, at most three, cut to 40 characters.
    n_infinite : int
        Rows with an infinite number.
    infinite_rows : tuple of int
        The first five of them, counted from 1.
    key : str
        Why whole numbers or short texts look like an identifier; empty if they do not.
    is_free_text : bool
        Whether nearly every row has a different text of several words.
    sentinels : tuple of Sentinel
        Numbers or dates that may mean a missing value.
    grouping : Grouping or None
        How its repeated values determine the target; None if they do not, or only as a feature does.
    """

    column: Column
    examples: tuple[str, ...] = ()
    n_infinite: int = 0
    infinite_rows: tuple[int, ...] = ()
    key: str = ""
    is_free_text: bool = False
    sentinels: tuple[Sentinel, ...] = ()
    grouping: Grouping | None = None


def profile_column(name: str, values: CountedColumn) -> ColumnProfile:
    """Compute the profile of a column without its grouping, which needs the target."""
    return _PROFILERS[values.kind](name, values)


def _profile_integer(name: str, values: CountedColumn) -> ColumnProfile:
    counts = values.count_numbers()
    return ColumnProfile(
        _build_column(name, values, *values.compute_range()),
        key=explain_distinct_numbers(name, _list_distinct(counts)),
        sentinels=find_number_sentinels(counts),
    )


def _profile_float(name: str, values: CountedColumn) -> ColumnProfile:
    n_infinite, rows = values.find_infinite()
    return ColumnProfile(
        _build_column(name, values, *values.compute_range()),
        n_infinite=n_infinite,
        infinite_rows=rows,
        sentinels=find_number_sentinels(values.count_numbers()),
    )


def _profile_datetime(name: str, values: CountedColumn) -> ColumnProfile:
    low, high = (end and end.isoformat() for end in values.compute_range())
    return ColumnProfile(
        _build_column(name, values, low, high), sentinels=find_date_sentinels(values.count_numbers())
    )


def _profile_boolean(name: str, values: CountedColumn) -> ColumnProfile:
    distinct = sorted(value for value, _ in values.iterate_counts())
    return ColumnProfile(_build_column(name, values), tuple(str(value).lower() for value in distinct))


def _profile_string(name: str, values: CountedColumn) -> ColumnProfile:
    key, is_free = explain_distinct_texts(values.n_distinct, values.n_known, values.choose_texts)
    are_few = values.n_distinct <= Column.MAX_CATEGORIES
    categories = sorted(text for text, _ in values.iterate_counts()) if are_few else []
    if any(map(is_shortened, categories)):
        # What stands for a long text is not a value.
        categories = []
    return ColumnProfile(
        _build_column(name, values, categories=tuple(categories)),
        examples=tuple(shorten_text(text, _LONGEST) for text in values.list_frequent(_EXAMPLES)),
        key="" if is_free else key,
        is_free_text=is_free,
    )


def _build_column(
    name: str,
    values: CountedColumn,
    minimum: float | str | None = None,
    maximum: float | str | None = None,
    categories: tuple[str, ...] = (),
) -> Column:
    return Column(name, values.kind, values.n_null, values.n_distinct, minimum, maximum, categories)


def _list_distinct(counts: NumberCounts) -> DistinctNumbers:
    low, high = (
        (float(counts.lowest.values[0]), float(counts.highest.values[-1]))
        if counts.n_values
        else (math.nan, math.nan)
    )
    return DistinctNumbers(
        counts.n_rows,
        counts.n_values,
        low,
        high,
        lambda is_ordered: (numbers.values for numbers in counts.iterate(is_ordered)),
    )


_PROFILERS: dict[Kind, Callable[[str, CountedColumn], ColumnProfile]] = {
    "integer": _profile_integer,
    "float": _profile_float,
    "boolean": _profile_boolean,
    "string": _profile_string,
    "datetime": _profile_datetime,
}
