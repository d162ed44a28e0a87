"""Facts about the cells of a column, which do not depend on the order of the rows."""

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

_GROUP = re.compile(r"\d+")
# A text whose first digit is a zero, with the digits after it.
_ZERO = re.compile(r"\D*0(\d*)")
_FIRST_PACKED, _LAST_PACKED = 19_000_101, 20_991_231
_MOST_MONTHS, _MOST_DAYS = 12, 31
# More different numbers are not codes of a few categories.
FEW_NUMBERS = 20
# The first numbers, which mostly suffice to find more than a few.
_SAMPLE = 1_000


@dataclass
class ShapeFacts:
    """The texts of a shape.

    Attributes
    ----------
    n : int
        How many cells have it.
    first, last : str
        The first and the last of its texts by code points, as examples.
    largest : list of int
        The largest number in each group of digits; empty if they cannot be part of a date.
    is_code : bool
        Whether any of its texts begins with a zero before another digit.
    has_zero : bool
        Whether the first digits of any are a single zero, as in 0,125.
    """

    n: int
    first: str
    last: str
    largest: list[int]
    is_code: bool
    has_zero: bool

    @classmethod
    def from_text(cls, text: str, n: int) -> "ShapeFacts":
        """Return the facts of the first text of a shape."""
        groups = _GROUP.findall(text)
        # Longer groups are not part of a date.
        may_be_date = bool(groups) and max(map(len, groups[:3])) <= len("2026")
        facts = cls(0, text, text, [0] * len(groups) if may_be_date else [], False, False)
        facts.add(text, n)
        return facts

    def add(self, text: str, n: int) -> None:
        """Add cells with a text of the shape."""
        self.n += n
        if text < self.first:
            self.first = text
        elif text > self.last:
            self.last = text
        if self.largest:
            self.largest = [
                max(known, int(group))
                for known, group in zip(self.largest, _GROUP.findall(text), strict=True)
            ]
        zero = _ZERO.match(text)
        if zero:
            self.is_code |= zero[1] != ""
            self.has_zero |= zero[1] == ""

    def merge(self, others: "ShapeFacts") -> None:
        """Add the facts of other cells with the shape."""
        self.n += others.n
        self.first, self.last = min(self.first, others.first), max(self.last, others.last)
        self.largest = list(map(max, self.largest, others.largest))
        self.is_code |= others.is_code
        self.has_zero |= others.has_zero


@dataclass
class PlainFacts:
    """The texts that are plain numbers and ISO dates.

    Attributes
    ----------
    n_whole, n_three_decimals, n_decimal : int
        Counts of whole numbers; of numbers with a dot before three digits, which may separate thousands; of
        all other numbers.
    n_iso : int
        ISO 8601 dates.
    n_packed : int
        Whole numbers that may be dates, such as 20260131.
    n_small : int
        Whole numbers below 1,000, which have no thousands mark.
    smallest, largest : int or None
        The smallest and the largest whole number.
    three_decimals : str
        The first number with a dot before three digits, by code points; empty if there is none.
    distinct : set of str
        Some of the different plain numbers, at most ``FEW_NUMBERS`` and one more.
    examples : tuple of str
        The first and the last of the texts by code points.
    """

    n_whole: int = 0
    n_three_decimals: int = 0
    n_decimal: int = 0
    n_iso: int = 0
    n_packed: int = 0
    n_small: int = 0
    smallest: int | None = None
    largest: int | None = None
    three_decimals: str = ""
    distinct: set[str] = field(default_factory=set)
    examples: tuple[str, ...] = ()

    @property
    def n_numbers(self) -> int:
        """How many texts are numbers."""
        return self.n_whole + self.n_three_decimals + self.n_decimal

    def add_whole(self, integers: pa.Int64Array, counts: pa.Int64Array | None = None) -> None:
        """Add whole numbers, each of which occurs some times, or once."""
        if not len(integers):
            return
        numbers = integers.to_numpy()
        times = None if counts is None else counts.to_numpy()
        smallest, largest = int(numbers.min()), int(numbers.max())
        self.n_whole += len(numbers) if times is None else int(times.sum())
        self.n_small += _count((numbers < 1000) & (numbers > -1000), times)
        self.smallest = smallest if self.smallest is None else min(smallest, self.smallest)
        self.largest = largest if self.largest is None else max(largest, self.largest)
        if largest >= _FIRST_PACKED and smallest <= _LAST_PACKED:
            self.n_packed += _count(_find_packed(numbers), times)
        self.add_distinct(integers)

    def add_distinct(self, numbers: pa.Array) -> None:
        """Add different numbers, or their texts, until there are more than a few."""
        if len(self.distinct) <= FEW_NUMBERS:
            different = numbers[:_SAMPLE].unique()
            if len(different) <= FEW_NUMBERS:
                different = numbers.unique()
            self.distinct.update(different[: FEW_NUMBERS + 1].cast(pa.string()).to_pylist())
            self.distinct = set(sorted(self.distinct)[: FEW_NUMBERS + 1])


def _find_packed(numbers: np.ndarray) -> np.ndarray:
    """Return which numbers may be dates, such as 20260131."""
    months, days = numbers // 100 % 100, numbers % 100
    is_year = (numbers >= _FIRST_PACKED) & (numbers <= _LAST_PACKED)
    return is_year & (months >= 1) & (months <= _MOST_MONTHS) & (days >= 1) & (days <= _MOST_DAYS)


def _count(is_found: np.ndarray, times: np.ndarray | None) -> int:
    return int(np.count_nonzero(is_found) if times is None else times[is_found].sum())
