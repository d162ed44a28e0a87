"""The first expectations of a table, from all its rows: cautious, with what was seen as comments."""

import math
from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from components._expectations.spec import ColumnExpectation, Expectations, RowExpectation, Value
from components._expectations.table_check import clear_nan
from components._table.arrow import get_kind
from components._table.keys import explain_number_key, explain_text_key, is_owner_name
from components._table.kinds import Kind
from components.errors import format_count

# Fewer rows say little about the rows to come.
_ENOUGH_ROWS = 100
_MOST_ALLOWED = 20
# A value that is seen more rarely suggests that there are others.
_LEAST_FREQUENT = 5
# The largest share of nulls is this many times the seen one, and a little more.
_NULL_MARGIN = 2.0
_SPARE_NULLS = 0.01
_EXPECTED_ROWS = 0.5
# A number is far from the others if it is so many interquartile ranges outside the quartiles.
_FAR = 3.0


class ColumnGuess(NamedTuple):
    """What is expected of a column, and why.

    Attributes
    ----------
    expected : ColumnExpectation
        The expectation.
    comments : tuple of str
        What was seen, and what was decided for it. They name no value of an identifier or a free text.
    """

    expected: ColumnExpectation
    comments: tuple[str, ...]


class TableGuess(NamedTuple):
    """What is expected of a table.

    Attributes
    ----------
    n_rows : int
        Its rows.
    rows : RowExpectation
        How many rows are expected.
    columns : dict of str to ColumnGuess
        The guess for each column, in the table's order.
    rules : tuple of str
        Comparisons of two dates that hold in every row, as proposals.
    """

    n_rows: int
    rows: RowExpectation
    columns: dict[str, ColumnGuess]
    rules: tuple[str, ...]

    @property
    def expectations(self) -> Expectations:
        """The expectations, which the table itself meets."""
        columns = {name: guess.expected for name, guess in self.columns.items()}
        return Expectations(rows=self.rows, columns=columns)


def infer_expectations(table: ds.Dataset) -> TableGuess:
    """Return what may be expected of the tables that are like one.

    Parameters
    ----------
    table : Dataset
        The table, with the types of ``ARROW_TYPES``. All its rows are read, a column at a time.
    """
    n_rows = table.count_rows()
    columns = {}
    for name in table.schema.names:
        values = pa.chunked_array(
            [clear_nan(batch).column(0) for batch in table.to_batches(columns=[name])],
            table.schema.field(name).type,
        )
        columns[name] = _guess_column(name, values)
    least = RowExpectation(min=math.floor(n_rows * _EXPECTED_ROWS))
    return TableGuess(n_rows, least, columns, tuple(_propose_rules(table)))


def _guess_column(name: str, values: pa.ChunkedArray) -> ColumnGuess:
    kind = get_kind(values.type)
    known = values.drop_null()
    if not len(known):
        return ColumnGuess(ColumnExpectation(), ("no row has a value",))
    settings: dict[str, object] = {"type": kind}
    comments = []
    nulls, comment = _guess_nulls(values)
    settings |= nulls
    comments.append(comment)
    if kind is not None:
        found, seen = _guess_values(name, kind, known)
        if kind == "integer" and len(known) < _ENOUGH_ROWS:
            settings["type"] = "float"
            seen = ["whole numbers, but too few rows to expect no others", *seen]
        settings |= found
        comments += seen
    return ColumnGuess(ColumnExpectation.model_validate(settings), tuple(comments))


def _guess_nulls(values: pa.ChunkedArray) -> tuple[dict[str, object], str]:
    n_rows, n_null = len(values), values.null_count
    if n_null:
        share = n_null / n_rows
        seen = f"{_format_share(share)} of the rows have no value"
        most = math.ceil(100 * (_NULL_MARGIN * share + _SPARE_NULLS)) / 100
        return ({"max_null_share": most}, seen) if most < 1 else ({}, seen)
    if n_rows < _ENOUGH_ROWS:
        return {}, f"every row has a value, but {format_count(n_rows, 'row')} are too few to expect it"
    return {"nullable": False}, "every row has a value"


def _guess_values(name: str, kind: Kind, known: pa.ChunkedArray) -> tuple[dict[str, object], list[str]]:
    """Return what is expected of the values of a column, and what was seen."""
    key, is_free_text = _find_key(name, kind, known)
    n_distinct = pc.count_distinct(known).as_py()
    if key:
        if n_distinct == len(known) and len(known) >= _ENOUGH_ROWS:
            return {"unique": True}, [f"an identifier: {key}, and no value occurs twice"]
        return {}, [f"an identifier: {key}"]
    if is_free_text:
        return {}, ["free text"]
    if kind == "datetime":
        ends = pc.min_max(known).as_py()
        years = sorted({ends["min"].year, ends["max"].year})
        return {}, [f"seen: {' to '.join(map(str, years))}; no range, because time goes on"]
    if kind in ("integer", "float"):
        return _guess_range(known)
    if kind == "string":
        return _guess_allowed(known, n_distinct)
    return {}, []


def _find_key(name: str, kind: Kind, known: pa.ChunkedArray) -> tuple[str, bool]:
    """Return why a column looks like an identifier, if it does; and whether it is free text."""
    key, is_free_text = "", False
    if kind == "integer":
        key = explain_number_key(name, known.to_numpy().astype(np.float64))
    elif kind == "string":
        key, is_free_text = explain_text_key(known.unique().to_pylist(), len(known))
    if not key and kind in ("integer", "string") and is_owner_name(name):
        key = "by its name"
    return ("" if is_free_text else key), is_free_text


def _guess_range(known: pa.ChunkedArray) -> tuple[dict[str, object], list[str]]:
    numbers = known.to_numpy().astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    if len(finite) < len(numbers) or not len(finite):
        return {}, ["some numbers are infinite, so no range"]
    low, high = float(finite.min()), float(finite.max())
    seen = f"seen: {low:.12g} to {high:.12g}"
    if len(finite) < _ENOUGH_ROWS or low == high:
        few = "only one value" if low == high else "too few rows for a range"
        return {}, [f"{seen}; {few}"]
    width = high - low
    if not math.isfinite(4 * width + abs(low) + abs(high)):
        return {}, [f"{seen}; too wide for a range"]
    bounds: dict[str, object] = {}
    quarter, rest = np.quantile(finite, [0.25, 0.75])
    reach = _FAR * (rest - quarter)
    if low >= 0 or low >= quarter - reach:
        bounds["min"] = 0.0 if low >= 0 else -_round_up(width - low)
    if high <= 0 or high <= rest + reach:
        bounds["max"] = 0.0 if high <= 0 else _round_up(high + width)
    comments = [seen]
    if missing := [key for key in ("min", "max") if key not in bounds]:
        # The next table may have values that are farther still.
        comments.append(f"no {' and no '.join(missing)}: some values are far from most others")
    return bounds, comments


def _round_up(number: float) -> float:
    """Return a number of at most two digits that is not smaller than a positive one."""
    if number <= 0 or not math.isfinite(number):
        return number
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    rounded = float(f"{math.ceil(number / step) * step:.2g}") if step > 0 else number
    return rounded if number <= rounded < math.inf else number


def _guess_allowed(known: pa.ChunkedArray, n_distinct: int) -> tuple[dict[str, object], list[str]]:
    seen = f"seen: {format_count(n_distinct, 'different value')}"
    if n_distinct > _MOST_ALLOWED:
        return {}, [f"{seen}; too many for a list"]
    counts = pc.value_counts(known)
    rarest = pc.min(counts.field("counts")).as_py()
    if len(known) < _ENOUGH_ROWS or rarest < _LEAST_FREQUENT:
        reason = "some are rare" if len(known) >= _ENOUGH_ROWS else "too few rows for a list"
        return {}, [f"{seen}; {reason}, so others are likely"]
    values: list[Value] = sorted(counts.field("values").to_pylist())
    return {"allowed": tuple(values)}, [seen]


def _propose_rules(table: ds.Dataset) -> Iterator[str]:
    """Yield comparisons of two dates that hold in every row in which both are known."""
    names = [field.name for field in table.schema if get_kind(field.type) == "datetime"]
    # A rule cannot name a column with a backtick or a line break.
    names = [name for name in names if name.isprintable() and "`" not in name and name.strip()]
    dates = {name: _read_dates(table, name) for name in names}
    for at, earlier in enumerate(names):
        for later in names[at + 1 :]:
            both = ~(np.isnat(dates[earlier]) | np.isnat(dates[later]))
            if both.sum() < _ENOUGH_ROWS:
                continue
            first, second = dates[earlier][both], dates[later][both]
            if (first == second).all():
                continue
            if (first <= second).all():
                yield f"{quote_column(earlier)} <= {quote_column(later)}"
            elif (second <= first).all():
                yield f"{quote_column(later)} <= {quote_column(earlier)}"


def _read_dates(table: ds.Dataset, name: str) -> np.ndarray:
    return np.asarray(table.to_table(columns=[name]).column(0).to_numpy(), dtype="datetime64[us]")


def quote_column(name: str) -> str:
    """Return a column's name as a rule writes it."""
    is_plain = name.isidentifier() and name.isascii() and not iskeyword(name)
    return name if is_plain and name not in ("true", "false", "null") else f"`{name}`"


def _format_share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
