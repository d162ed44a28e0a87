"""Numbers and dates that may mean a missing value: repeated, and far from all other values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from components.validate.number_counts import CountedNumbers, NumberCounts

# One end may hold several sentinels, such as 98 for "refused" and 99 for "not known".
_MOST_TOGETHER = 3
_LEAST_ROWS = 3
_LEAST_OTHER_ROWS = 20
# At least so many distinct values are measurements; fewer are codes or grades.
_MEASURED = 10
# Gaps are shares of the range of all other values. A number that is a usual code needs a smaller gap.
_CODE_GAP = 0.25
_FREQUENT_CODE_GAP = 0.1
_GRADES_GAP = 0.75
_ANY_GAP = 1.0
_ANY_LEAST_ROWS = 5
_ANY_LEAST_SHARE = 0.01
_MINUS_ONE_GAP = 0.1
# Zero is a normal value unless all others are far away, in interquartile ranges, as blood pressures are.
_ZERO_GAP = 0.2
_ZERO_DISTANCE = 2.2
_ZERO_MOST_SHARE = 0.5
# A value between the others is suspect if it is so many times as frequent as the next one.
_FREQUENT = 5
# Up to here, nines are usual prices: 9, 9.99, 99.
_MOST_USUAL = 99
_LIMITS = frozenset({32767.0, -32768.0, 65535.0, 2147483647.0, -2147483648.0, 4294967295.0})
_DAYS = (
    "1111-11-11 1582-10-15 1700-01-01 1753-01-01 1800-01-01 1850-01-01 1899-12-30 1899-12-31 1900-01-01 "
    "1901-01-01 1904-01-01 1910-01-01 1950-01-01 1960-01-01 1970-01-01 1980-01-01 2000-01-01 2049-12-31 "
    "2050-01-01 2050-12-31 2078-12-31 2079-06-06 2099-01-01 2099-12-31 2100-01-01 2100-12-31 2199-12-31 "
    "2200-01-01 2222-02-22 2262-04-11 2299-12-31 2500-01-01 2500-12-31 2999-12-31 3000-01-01 3000-12-31 "
)
_DATES = frozenset(float(np.datetime64(day, "s").astype(np.int64)) for day in _DAYS.split())


class Sentinel(NamedTuple):
    """A value that may mean a missing one, as text, and the number of its rows."""

    text: str
    n_rows: int


@dataclass(frozen=True)
class _OtherValues:
    """All values but those that were taken away at both ends, of which few are read."""

    whole: NumberCounts
    n_below: int = 0
    n_above: int = 0

    @property
    def lowest(self) -> CountedNumbers:
        """The smallest values, ascending."""
        return self.whole.lowest.select(slice(self.n_below, self.n_below + self.n_values))

    @property
    def highest(self) -> CountedNumbers:
        """The largest values, ascending."""
        stop = len(self.whole.highest.values) - self.n_above
        return self.whole.highest.select(slice(max(stop - self.n_values, 0), stop))

    @property
    def n_values(self) -> int:
        return max(self.whole.n_values - self.n_below - self.n_above, 0)

    @property
    def n_rows(self) -> int:
        n_above = self.whole.highest.counts[len(self.whole.highest.counts) - self.n_above :].sum()
        return self.whole.n_rows - int(self.whole.lowest.counts[: self.n_below].sum()) - int(n_above)

    @property
    def least(self) -> float:
        return float(self.lowest.values[0])

    @property
    def largest(self) -> float:
        return float(self.highest.values[-1])

    @property
    def range(self) -> float:
        return self.largest - self.least

    @property
    def most_rows(self) -> int:
        """Rows of the most frequent value."""
        values, counts = self.whole.frequent
        return int(counts[(values >= self.least) & (values <= self.largest)].max())

    def take(self, n_values: int, *, is_upper: bool) -> tuple[CountedNumbers, "_OtherValues"]:
        """Return values of one end, and the rest without them."""
        if is_upper:
            return self.highest.select(slice(-n_values, None)), replace(self, n_above=self.n_above + n_values)
        return self.lowest.select(slice(n_values)), replace(self, n_below=self.n_below + n_values)

    def compute_gap(self, value: float) -> float:
        return max(self.least - value, value - self.largest)

    def compute_quantiles(self, *shares: float) -> list[float]:
        """Return the first value up to which there is a share of the rows, for each of ascending shares."""
        n_rows, n_seen = self.n_rows, 0
        found: list[float] = []
        for values, counts in self.whole.iterate(True):
            inside = (values >= self.least) & (values <= self.largest)
            ends = n_seen + counts[inside].cumsum()
            while len(found) < len(shares) and len(ends) and ends[-1] >= shares[len(found)] * n_rows:
                found.append(float(values[inside][np.searchsorted(ends, shares[len(found)] * n_rows)]))
            n_seen = int(ends[-1]) if len(ends) else n_seen
        return found

    def is_frequent(self, n_rows: int) -> bool:
        return n_rows >= max(_ANY_LEAST_ROWS, _ANY_LEAST_SHARE * (n_rows + self.n_rows))


_Suspect = Callable[[float, int, _OtherValues], bool]


def find_number_sentinels(counts: NumberCounts) -> tuple[Sentinel, ...]:
    """Return the numbers of a column that may mean a missing value, the most frequent first."""
    found = _find_end_sentinels(counts, _is_suspect_number)
    found |= _find_inner_sentinel(
        counts, lambda value: value == -1 or (_is_code(value) and abs(value) > _MOST_USUAL)
    )
    return _sort_sentinels(Sentinel(_format_number(value), n) for value, n in found.items())


def find_date_sentinels(counts: NumberCounts) -> tuple[Sentinel, ...]:
    """Return the dates of a column that may mean a missing value, the most frequent first.

    The numbers are whole seconds since 1970, of which several may be equal.
    """
    found = _find_end_sentinels(counts, _is_suspect_date)
    found |= _find_inner_sentinel(counts, _DATES.__contains__)
    return _sort_sentinels(Sentinel(_format_date(value), n) for value, n in found.items())


def _find_inner_sentinel(counts: NumberCounts, is_known: Callable[[float], bool]) -> dict[float, int]:
    """Return the most frequent value with its rows if it is a usual sentinel and by far the most frequent."""
    if counts.n_values <= _MEASURED:
        return {}
    first, second = counts.frequent.counts[:2].tolist()
    value = float(counts.frequent.values[0])
    is_suspect = first >= _ANY_LEAST_ROWS and first > _FREQUENT * second and is_known(value)
    return {value: first} if is_suspect else {}


def _find_end_sentinels(counts: NumberCounts, is_suspect: _Suspect) -> dict[float, int]:
    """Return the suspect values at both ends with their rows, at most three at a time."""
    found: dict[float, int] = {}
    others = _OtherValues(counts)
    for is_upper in (False, True, False):
        for n_together in range(1, _MOST_TOGETHER + 1):
            outside, rest = others.take(n_together, is_upper=is_upper)
            if rest.n_values < 2 or rest.n_rows < _LEAST_OTHER_ROWS:
                break
            ends = dict(zip(outside.values.tolist(), outside.counts.tolist(), strict=True))
            if all(is_suspect(value, n, rest) for value, n in ends.items()):
                found |= ends
                others = rest
                break
    return found


def _is_suspect_number(value: float, n_rows: int, rest: _OtherValues) -> bool:
    if rest.range == 0 or n_rows < _LEAST_ROWS:
        return False
    gap = rest.compute_gap(value) / rest.range
    if value == 0:
        return _is_suspect_zero(n_rows, rest, gap)
    is_measured = rest.n_values >= _MEASURED
    if value < 0 <= rest.least and is_measured and (value == -1 or _is_code(value)):
        # It is the only negative number. -1 is next to 0, so it must also be far away or more frequent.
        return bool(value != -1 or gap >= _MINUS_ONE_GAP or n_rows >= rest.lowest.counts[0])
    if _is_code(value) and not is_measured:
        return gap >= _GRADES_GAP and _are_grades(rest)
    if _is_code(value):
        return gap >= (_FREQUENT_CODE_GAP if n_rows > rest.most_rows else _CODE_GAP)
    return is_measured and rest.is_frequent(n_rows) and gap >= _ANY_GAP


def _is_suspect_zero(n_rows: int, rest: _OtherValues, gap: float) -> bool:
    if rest.least < 0 or rest.n_values < _MEASURED or n_rows > _ZERO_MOST_SHARE * rest.n_rows:
        return False
    if gap < _ZERO_GAP:
        return False
    q1, q3 = rest.compute_quantiles(0.25, 0.75)
    return q1 >= _ZERO_DISTANCE * (q3 - q1)


def _is_suspect_date(value: float, n_rows: int, rest: _OtherValues) -> bool:
    if rest.range == 0 or n_rows < _LEAST_ROWS or rest.n_values < _MEASURED:
        return False
    gap = rest.compute_gap(value) / rest.range
    if value in _DATES:
        return gap >= _CODE_GAP
    return rest.is_frequent(n_rows) and gap >= _ANY_GAP


def _is_code(value: float) -> bool:
    """Return whether a number is a usual sentinel: only nines or eights, or the limit of a type."""
    digits = set(_format_number(value).replace(".", "").replace("-", ""))
    return digits in ({"9"}, {"8"}) or value in _LIMITS


def _are_grades(rest: _OtherValues) -> bool:
    """Return whether the numbers are the grades of a scale: whole, with few or none left out."""
    # A scale has so few grades that all of them are among the lowest values.
    values = rest.lowest.values
    is_whole = bool((values == np.round(values)).all())
    return is_whole and rest.n_values > 2 and rest.range < 2 * rest.n_values


def _format_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _format_date(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s")).removesuffix("T00:00:00").replace("T", " ")


def _sort_sentinels(found: Iterable[Sentinel]) -> tuple[Sentinel, ...]:
    return tuple(sorted(found, key=lambda sentinel: (-sentinel.n_rows, sentinel.text)))
