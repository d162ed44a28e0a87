"""Summary statistics of each column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from components._table.keys import DistinctNumbers, explain_distinct_numbers, explain_distinct_texts
from components._table.schema import Kind
from components.eda.distributions import Distribution, compute_distribution
from components.eda.explored_rows import ExploredRows
from components.eda.grouped_values import GroupedValues
from components.eda.ordered_numbers import OrderedNumbers
from components.eda.values import compute_iqr_fences

MOST_CATEGORIES = 12
MOST_OUTLIERS = 80
_MOST_POINTS = 61
# From here on, different whole numbers may be one float.
_LEAST_INEXACT = 2.0**53
_NUMERIC: tuple[Kind, ...] = ("integer", "float")
_QUARTILES = np.array([0.25, 0.5, 0.75])
# Of the quantiles in the table, and of the bounds and centres of bins with a tenth of the values each.
SHARES = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class NumericSummary:
    """The distribution of a numeric column; nulls are left out.

    Attributes
    ----------
    minimum, q1, median, q3, maximum : float
        Extremes and quartiles.
    skew : float
        Third standardised moment; 0 for a symmetric column and for a constant one.
    low, high : float
        The outermost values within the inner IQR fences, 1.5 interquartile ranges from the quartiles (Tukey,
        Exploratory Data Analysis, 1977); the extremes where the quartiles are equal.
    n_outside, n_far_outside : int
        Rows beyond the IQR fences, 1.5 and 3 interquartile ranges from the quartiles; 0 where the quartiles
        are equal.
    outliers : tuple of float
        Values beyond the inner fences in order; of many, the extremes and some of the others.
    points : tuple of float
        Quantiles for a Q-Q plot: of n points, the one with number i, from 0, is that of the share
        (i + 0.5) / n.
    quantiles : tuple of float
        The quantiles of ``SHARES``: each twentieth, from the minimum to the maximum.
    mean, sd : float
        Mean, and standard deviation of a sample.
    """

    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    skew: float
    low: float
    high: float
    n_outside: int
    n_far_outside: int
    outliers: tuple[float, ...]
    points: tuple[float, ...]
    quantiles: tuple[float, ...]
    mean: float
    sd: float


@dataclass(frozen=True)
class ColumnSummary:
    """One column.

    Attributes
    ----------
    name, kind : str
        Name, and kind of its values.
    n_rows, n_null, n_distinct : int
        Rows, rows without a value, distinct values without nulls.
    numbers : NumericSummary or None
        The distribution of an integer or float column with at least one value.
    categories : tuple of (str or bool, int)
        The most frequent values of a string or boolean column, with the rows of each; of equally frequent
        ones the first in the table.
    earliest, latest : datetime or None
        The extremes of a datetime column with at least one value.
    key : str
        Why the column looks like an identifier or free text; else empty.
    is_free_text : bool
        Whether its texts are sentences.
    """

    name: str
    kind: Kind
    n_rows: int
    n_null: int
    n_distinct: int
    numbers: NumericSummary | None = None
    categories: tuple[tuple[str | bool, int], ...] = ()
    earliest: datetime | None = None
    latest: datetime | None = None
    key: str = ""
    is_free_text: bool = False

    @property
    def n_known(self) -> int:
        """Rows with a value."""
        return self.n_rows - self.n_null

    @property
    def null_share(self) -> float:
        """Share of the rows without a value, from 0 to 1."""
        return self.n_null / max(self.n_rows, 1)


def summarise_columns(
    rows: ExploredRows,
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    *,
    seed: int,
    visit: Callable[[ColumnSummary, OrderedNumbers], None] = lambda summary, numbers: None,
) -> tuple[ColumnSummary, ...]:
    """Return a summary of each of some columns, in order.

    Parameters
    ----------
    rows : ExploredRows
        The rows.
    names : sequence of str
        The columns.
    kinds : mapping of str to str
        Their kinds.
    seed : int
        Seed of the outliers that are chosen.
    visit : callable
        Gets the summary of each column with numbers, and these numbers, which are at hand only then.
    """
    summaries: dict[str, ColumnSummary] = {}
    for name, numbers in rows.iterate_numbers([name for name in names if kinds[name] in _NUMERIC]):
        summaries[name] = _summarise_numbers(numbers, name, kinds[name], rows.n_rows, seed)
        if numbers.n_finite:
            visit(summaries[name], numbers)
    summaries |= {name: _summarise_others(rows, name, kinds[name]) for name in names if name not in summaries}
    return tuple(summaries[name] for name in names)


def read_distribution(
    numbers: OrderedNumbers, choose_shares: Callable[[int], np.ndarray]
) -> Distribution | None:
    """Return the distribution of a column's finite numbers; None without one.

    ``choose_shares`` returns the shares of the quantiles for a number of values.
    """
    if not numbers.n_finite:
        return None
    return compute_distribution(
        numbers.iterate(),
        numbers.n_finite,
        numbers.minimum + 0.0,
        numbers.maximum + 0.0,
        choose_shares(numbers.n_finite),
    )


def _summarise_others(rows: ExploredRows, name: str, kind: Kind) -> ColumnSummary:
    if kind == "datetime":
        return _summarise_times(rows, name)
    with rows.group_values(name) as values:
        return _summarise_categories(values, name, kind, rows.n_rows)


def _choose_shares(n_values: int) -> np.ndarray:
    n_points = min(_MOST_POINTS, n_values)
    return np.concatenate([_QUARTILES, SHARES, (np.arange(n_points) + 0.5) / n_points])


def _summarise_numbers(
    numbers: OrderedNumbers, name: str, kind: Kind, n_rows: int, seed: int
) -> ColumnSummary:
    found = read_distribution(numbers, _choose_shares)
    return ColumnSummary(
        name=name,
        kind=kind,
        n_rows=n_rows,
        n_null=n_rows - (found.n_values if found else 0),
        n_distinct=_count_distinct(numbers, found),
        numbers=_summarise_distribution(numbers, found, seed) if found else None,
        key=_find_number_key(numbers, name, found) if found and kind == "integer" else "",
    )


def _summarise_distribution(numbers: OrderedNumbers, found: Distribution, seed: int) -> NumericSummary:
    q1, median, q3, *others = found.quantiles.tolist()
    low, high, n_outside, n_far_outside = found.minimum, found.maximum, 0, 0
    outliers: list[float] = []
    if q1 != q3:
        fences = compute_iqr_fences(q1, q3, 1.5)
        low, high, n_outside = numbers.find_fenced(*fences)
        n_far_outside = numbers.find_fenced(*compute_iqr_fences(q1, q3, 3)).n_outside
        outliers = _choose_outliers(numbers, fences, n_outside, seed)
    return NumericSummary(
        minimum=found.minimum,
        q1=q1,
        median=median,
        q3=q3,
        maximum=found.maximum,
        skew=found.skew,
        low=low,
        high=high,
        n_outside=n_outside,
        n_far_outside=n_far_outside,
        outliers=tuple(outliers),
        points=tuple(others[len(SHARES) :]),
        quantiles=tuple(others[: len(SHARES)]),
        mean=found.mean,
        sd=found.sd,
    )


def _choose_outliers(
    numbers: OrderedNumbers, fences: tuple[float, float], n_outside: int, seed: int
) -> list[float]:
    """Return the values beyond the fences in order; of many, the extremes and some of the others."""
    wanted = np.arange(n_outside)
    if n_outside > MOST_OUTLIERS:
        inner = np.random.default_rng(seed).choice(n_outside - 2, MOST_OUTLIERS - 2, replace=False) + 1
        wanted = np.concatenate([[0], np.sort(inner), [n_outside - 1]])
    chosen: list[float] = []
    n_seen = 0
    for values, counts in numbers.iterate_outside(*fences):
        ends = n_seen + np.cumsum(counts)
        start, stop = np.searchsorted(wanted, [n_seen, ends[-1]])
        places = np.searchsorted(ends, wanted[start:stop], side="right")
        chosen += values[places].tolist()
        n_seen = int(ends[-1])
    return chosen


def _count_distinct(numbers: OrderedNumbers, found: Distribution | None) -> int:
    """Return the number of different values, infinite ones among them."""
    if found is None or max(-found.minimum, found.maximum) >= _LEAST_INEXACT:
        return numbers.count_distinct()
    return found.n_distinct + numbers.n_infinite_values


def _find_number_key(numbers: OrderedNumbers, name: str, found: Distribution) -> str:
    return explain_distinct_numbers(
        name,
        DistinctNumbers(
            found.n_values,
            found.n_distinct,
            found.minimum,
            found.maximum,
            lambda _: _iterate_distinct(numbers),
        ),
    )


def _iterate_distinct(numbers: OrderedNumbers) -> Iterator[np.ndarray]:
    last = np.nan
    for values, _ in numbers.iterate():
        is_new = np.diff(values, prepend=last) != 0
        last = values[-1]
        yield values[is_new]


def _summarise_times(rows: ExploredRows, name: str) -> ColumnSummary:
    column = rows.get_column(name)
    n_known, n_distinct, earliest, latest = rows.query_values(
        [name], [f"count({column})", f"count(DISTINCT {column})", f"min({column})", f"max({column})"]
    )
    return ColumnSummary(
        name, "datetime", rows.n_rows, rows.n_rows - n_known, n_distinct, earliest=earliest, latest=latest
    )


def _summarise_categories(values: GroupedValues, name: str, kind: Kind, n_rows: int) -> ColumnSummary:
    n_distinct, n_known = values.query_values(["count(*)", "sum(n)"])
    n_known = int(n_known or 0)
    key, is_free = "", False
    if kind == "string":
        key, is_free = explain_distinct_texts(n_distinct, n_known, partial(_choose_texts, values))
    return ColumnSummary(
        name=name,
        kind=kind,
        n_rows=n_rows,
        n_null=n_rows - n_known,
        n_distinct=n_distinct,
        categories=tuple(
            (value, n)
            for batch in values.iterate(f"ORDER BY n DESC, first LIMIT {MOST_CATEGORIES}")
            for value, n in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ),
        key=key,
        is_free_text=is_free,
    )


def _choose_texts(values: GroupedValues, step: int) -> list[str]:
    """Return every n-th of the different texts, in order."""
    chosen: list[str] = []
    n_seen = 0
    for batch in values.iterate("ORDER BY v"):
        chosen += batch.column(0)[-n_seen % step :: step].to_pylist()
        n_seen += batch.num_rows
    return chosen
