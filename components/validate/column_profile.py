"""The profile of one column, computed from all its rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import get_kind
from components._table.keys import explain_number_key, explain_text_key
from components._table.schema import Column, Kind
from components.errors import SHOWN, shorten_text
from components.validate.groups import Grouping
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


def profile_column(name: str, values: pa.ChunkedArray) -> ColumnProfile:
    """Compute the profile of a column without its grouping, which needs the target."""
    kind = get_kind(values.type)
    if kind is None:
        raise ValueError(f"column {name!r} has a type that no column of a table may have: {values.type}")
    return _PROFILERS[kind](name, kind, values)


def _profile_number(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    if kind != "float":
        return ColumnProfile(
            _build_column(name, kind, values, *_compute_range(values)),
            key=explain_number_key(name, values.drop_null().to_numpy().astype(np.float64)),
            sentinels=find_number_sentinels(*_count_numbers(values)),
        )
    infinite = pc.fill_null(pc.is_inf(values), False)
    rows = np.flatnonzero(infinite.to_numpy())
    low, high = _compute_range(values.filter(pc.invert(infinite)))
    first = tuple(int(row) + 1 for row in rows[:SHOWN])
    return ColumnProfile(
        _build_column(name, kind, values, low, high),
        n_infinite=len(rows),
        infinite_rows=first,
        sentinels=find_number_sentinels(*_count_numbers(values.filter(pc.invert(infinite)))),
    )


def _profile_datetime(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    ends = pc.min_max(values).as_py()
    low, high = (end and end.isoformat() for end in (ends["min"], ends["max"]))
    distinct = np.unique(values.drop_null().to_numpy(), return_counts=True)
    return ColumnProfile(
        _build_column(name, kind, values, low, high), sentinels=find_date_sentinels(*distinct)
    )


def _profile_boolean(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    distinct = sorted(values.unique().drop_null().to_pylist())
    return ColumnProfile(_build_column(name, kind, values), tuple(str(value).lower() for value in distinct))


def _profile_string(name: str, kind: Kind, values: pa.ChunkedArray) -> ColumnProfile:
    texts, numbers = count_texts(values)
    key, is_free = explain_text_key(texts.to_pylist(), int(numbers.sum()))
    categories = sorted(texts.to_pylist()) if len(texts) <= Column.MAX_CATEGORIES else []
    return ColumnProfile(
        _build_column(name, kind, values, categories=tuple(categories)),
        examples=tuple(shorten_text(text, _LONGEST) for text in texts.slice(0, _EXAMPLES).to_pylist()),
        key="" if is_free else key,
        is_free_text=is_free,
    )


def count_texts(values: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the distinct texts and the rows of each, the most frequent first, then by text."""
    counts = pc.value_counts(values.drop_null())
    texts, numbers = counts.field("values"), counts.field("counts").to_numpy()
    order = pc.sort_indices(
        pa.table({"text": texts, "n": numbers}), [("n", "descending"), ("text", "ascending")]
    )
    return texts.take(order), numbers[order.to_numpy()]


def _build_column(
    name: str,
    kind: Kind,
    values: pa.ChunkedArray,
    minimum: float | str | None = None,
    maximum: float | str | None = None,
    categories: tuple[str, ...] = (),
) -> Column:
    n_distinct = pc.count_distinct(values, mode="only_valid").as_py()
    return Column(name, kind, values.null_count, n_distinct, minimum, maximum, categories)


def _count_numbers(values: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(values.drop_null().to_numpy().astype(np.float64), return_counts=True)


def _compute_range(values: pa.ChunkedArray) -> tuple[float | None, float | None]:
    ends = pc.min_max(values).as_py()
    return ends["min"], ends["max"]


_PROFILERS: dict[Kind, Callable[[str, Kind, pa.ChunkedArray], ColumnProfile]] = {
    "integer": _profile_number,
    "float": _profile_number,
    "boolean": _profile_boolean,
    "string": _profile_string,
    "datetime": _profile_datetime,
}
