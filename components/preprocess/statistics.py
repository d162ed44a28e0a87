"""What all training rows teach the recipe's first step, where they do not fit into memory.

Quartiles, fences, null indicators and categories are those of a fit in memory. Means and scales are within
1e-9 of them: floats are added in another order.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from components._compiled.steps import fill_and_clip
from components._recipe.model_input import to_dates
from components._recipe.preprocess import (
    QUARTILES,
    NumberStatistics,
    Preprocessor,
    Statistics,
    compute_exponents,
    compute_fences,
    compute_least_rows,
    convert_numbers,
    export_fences,
    sort_categories,
)

# Numbers that are read at a time: a batch of them takes 32 MB.
READ_COLUMNS = 64
# Fewer texts are categories, and no more.
MANY_TEXTS = 100

Result = TypeVar("Result")
# Yields some columns of rows as batches.
ColumnReader = Callable[[list[str]], Iterator[pa.RecordBatch]]


class OrderStatistics(NamedTuple):
    """The finite values of a number: how many, the least and the largest, and the quartiles; 0 of none."""

    n_known: int = 0
    least: float = 0.0
    largest: float = 0.0
    quartiles: tuple[float, float, float] = (0.0, 0.0, 0.0)


class TextStatistics(NamedTuple):
    """Texts of a column: whether many are sentences, such as descriptions of products, and the frequent."""

    has_many_sentences: bool
    frequent: list[str]


class TrainingRows(Protocol):
    """Training rows that need not fit into memory, in one part or in several."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    def describe(self) -> list[str]:
        """Return what a person should know about how they are read, as sentences."""

    def map(self, function: Callable[..., Result], *arguments: object) -> Iterator[Result]:
        """Yield the results of a pure function of a module for each part, in the order of the rows.

        The function gets a reader of the part's columns, and the arguments.
        """

    def describe_texts(self, names: Sequence[str], least: float) -> dict[str, TextStatistics]:
        """Return what the texts of columns are like; frequent are those of at least so many rows."""

    def find_orders(self, names: Sequence[str]) -> dict[str, OrderStatistics]:
        """Return the extremes of numbers, and their quartiles as ``numpy.quantile`` computes them."""


class Moments(NamedTuple):
    """Rows, and the mean and the sum of squared deviations of each column, shape (n_columns,)."""

    n_rows: int
    means: np.ndarray
    spreads: np.ndarray


def compute_statistics(
    rows: TrainingRows, preprocessor: Preprocessor, dates: Sequence[str]
) -> tuple[Statistics, list[str]]:
    """Return what all training rows teach a preprocessor, and which of its categories are sentences.

    Parameters
    ----------
    rows : TrainingRows
        The rows.
    preprocessor : Preprocessor
        The step, not fitted.
    dates : sequence of str
        All dates that the step may ever pass on.
    """
    ordered = rows.find_orders(preprocessor.numeric)
    numeric: dict[str, NumberStatistics] = {}
    for start in range(0, len(preprocessor.numeric), READ_COLUMNS):
        names = preprocessor.numeric[start : start + READ_COLUMNS]
        numeric |= _compute_scalings(rows, {name: ordered[name] for name in names}, preprocessor.fence_factor)
    texts = rows.describe_texts(
        preprocessor.categorical, compute_least_rows(preprocessor.rare_below, rows.n_rows)
    )
    no_date = np.any(list(rows.map(find_null_dates, list(dates))), axis=0)
    return {
        "n_rows": rows.n_rows,
        "numeric": numeric,
        "has_nulls": {name: of.n_known < rows.n_rows for name, of in ordered.items()}
        | dict(zip(dates, no_date.tolist(), strict=True)),
        "categorical": {name: sort_categories(of.frequent) for name, of in texts.items()},
    }, [name for name, of in texts.items() if of.has_many_sentences]


def list_quartile_ranks(n_known: int) -> np.ndarray:
    """Return the ranks, from 0, that each quartile of so many numbers lies between, shape (2, 3)."""
    below = np.array([int((n_known - 1) * share) for share in QUARTILES])
    return np.array([below, np.minimum(below + 1, n_known - 1)])


def summarise_order(n_known: int, least: float, largest: float, values: np.ndarray) -> OrderStatistics:
    """Return the order statistics of numbers with these values at ``list_quartile_ranks``."""
    first, second, third = (
        float(np.quantile(pair, (n_known - 1) * share - rank))
        for share, rank, pair in zip(QUARTILES, list_quartile_ranks(n_known)[0], values.T, strict=True)
    )
    return OrderStatistics(n_known, least, largest, (first, second, third))


def sum_moments(
    read: ColumnReader,
    names: list[str],
    fills: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    exponents: np.ndarray,
) -> Moments:
    """Return the moments of filled and clipped numbers, divided by powers of two."""
    moments = Moments(0, np.zeros(len(names)), np.zeros(len(names)))
    for batch in read(names):
        values = fill_and_clip(convert_numbers(batch.to_pandas(), names), fills, lows, highs)
        values = np.ldexp(values, -exponents, out=values)
        centre = values.mean(axis=0)
        values -= centre
        of_batch = Moments(len(values), centre, np.square(values, out=values).sum(axis=0))
        moments = merge_moments(moments, of_batch)
    return moments


def merge_moments(first: Moments, second: Moments) -> Moments:
    """Return the moments of two parts of the rows.

    Chan et al., Updating formulae and a pairwise algorithm for computing sample variances, 1979.
    """
    n_rows = first.n_rows + second.n_rows
    step = second.means - first.means
    means = first.means + step * (second.n_rows / n_rows)
    spreads = first.spreads + (second.spreads + step**2 * (first.n_rows * second.n_rows / n_rows))
    return Moments(n_rows, means, spreads)


def find_null_dates(read: ColumnReader, names: list[str]) -> np.ndarray:
    """Return which dates have nulls, shape (n_names,)."""
    has_nulls = np.zeros(len(names), dtype=bool)
    for batch in read(names) if names else ():
        frame = batch.to_pandas()
        has_nulls |= np.array([np.isnat(to_dates(frame[name])).any() for name in names])
    return has_nulls


def _compute_scalings(
    rows: TrainingRows, ordered: dict[str, OrderStatistics], fence_factor: float
) -> dict[str, NumberStatistics]:
    """Return the fill values, fences, means and scales of numbers, by one pass over them."""
    fills = np.array([of.quartiles[1] for of in ordered.values()])
    lows, highs = np.array(
        [compute_fences(of.quartiles[0], of.quartiles[2], fence_factor) for of in ordered.values()]
    ).T
    ends = fill_and_clip(np.array([[of.least, of.largest] for of in ordered.values()]).T, fills, lows, highs)
    # As in compute_scales: squares of scaled numbers are floats, too.
    exponents = compute_exponents(np.abs(ends).max(axis=0))
    n_rows, means, spreads = reduce(
        merge_moments, rows.map(sum_moments, list(ordered), fills, lows, highs, exponents)
    )
    deviations = np.ldexp(np.sqrt(spreads / n_rows), exponents)
    scales = np.where((ends[0] < ends[1]) & (deviations > 0), deviations, 1.0)
    columns = zip(fills, lows, highs, np.ldexp(means, exponents), scales, strict=True)
    return {
        name: {
            "fill": float(fill),
            "fences": export_fences(low, high),
            "mean": float(mean),
            "scale": float(scale),
        }
        for name, (fill, low, high, mean, scale) in zip(ordered, columns, strict=True)
    }
