"""Numbers and dates that may mean a missing value: repeated, and far from all other values."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

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


class _OtherValues(NamedTuple):
    """All values but the suspect ones: the distinct values, ascending, and the rows of each."""

    values: np.ndarray
    counts: np.ndarray

    @property
    def range(self) -> float:
        return float(self.values[-1] - self.values[0])

    @property
    def n_rows(self) -> int:
        return int(self.counts.sum())

    def compute_gap(self, value: float) -> float:
        return float(max(self.values[0] - value, value - self.values[-1]))

    def compute_quantile(self, share: float) -> float:
        index = int(np.searchsorted(self.counts.cumsum(), share * self.n_rows))
        return float(self.values[min(index, len(self.values) - 1)])

    def is_frequent(self, n_rows: int) -> bool:
        return n_rows >= max(_ANY_LEAST_ROWS, _ANY_LEAST_SHARE * (n_rows + self.n_rows))


_Suspect = Callable[[float, int, _OtherValues], bool]


def find_number_sentinels(values: np.ndarray, counts: np.ndarray) -> tuple[Sentinel, ...]:
    """Return the numbers of a column that may mean a missing value, the most frequent first.

    Parameters
    ----------
    values : ndarray of float, shape (n_distinct,)
        The distinct values, ascending.
    counts : ndarray of int, shape (n_distinct,)
        Rows of each.
    """
    found = _find_end_sentinels(values, counts, _is_suspect_number)
    found |= _find_inner_sentinel(
        values, counts, lambda value: value == -1 or (_is_code(value) and abs(value) > _MOST_USUAL)
    )
    return _sort_sentinels(Sentinel(_format_number(value), n) for value, n in found.items())


def find_date_sentinels(values: np.ndarray, counts: np.ndarray) -> tuple[Sentinel, ...]:
    """Return the dates of a column that may mean a missing value, the most frequent first.

    Parameters
    ----------
    values : ndarray of datetime64, shape (n_distinct,)
        The distinct values, ascending.
    counts : ndarray of int, shape (n_distinct,)
        Rows of each.
    """
    seconds = values.astype("datetime64[s]").astype(np.float64)
    found = _find_end_sentinels(seconds, counts, _is_suspect_date)
    found |= _find_inner_sentinel(seconds, counts, _DATES.__contains__)
    return _sort_sentinels(Sentinel(_format_date(value), n) for value, n in found.items())


def _find_inner_sentinel(
    values: np.ndarray, counts: np.ndarray, is_known: Callable[[float], bool]
) -> dict[float, int]:
    """Return the most frequent value with its rows if it is a usual sentinel and by far the most frequent."""
    if len(counts) <= _MEASURED:
        return {}
    second, first = np.sort(counts)[-2:]
    value = float(values[np.argmax(counts)])
    is_suspect = first >= _ANY_LEAST_ROWS and first > _FREQUENT * second and is_known(value)
    return {value: int(first)} if is_suspect else {}


def _find_end_sentinels(values: np.ndarray, counts: np.ndarray, is_suspect: _Suspect) -> dict[float, int]:
    """Return the suspect values at both ends with their rows, at most three at a time."""
    found: dict[float, int] = {}
    for is_upper in (False, True, False):
        for n_together in range(1, _MOST_TOGETHER + 1):
            cut = len(values) - n_together
            inside, outside = (slice(cut), slice(cut, None)) if is_upper else (
                slice(n_together, None), slice(n_together),
            )  # fmt: skip
            rest = _OtherValues(values[inside], counts[inside])
            if len(rest.values) < 2 or rest.n_rows < _LEAST_OTHER_ROWS:
                break
            ends = dict(zip(values[outside].tolist(), counts[outside].tolist(), strict=True))
            if all(is_suspect(value, n, rest) for value, n in ends.items()):
                found |= ends
                values, counts = rest.values, rest.counts
                break
    return found


def _is_suspect_number(value: float, n_rows: int, rest: _OtherValues) -> bool:
    if rest.range == 0 or n_rows < _LEAST_ROWS:
        return False
    gap = rest.compute_gap(value) / rest.range
    if value == 0:
        return _is_suspect_zero(n_rows, rest, gap)
    is_measured = len(rest.values) >= _MEASURED
    if value < 0 <= rest.values[0] and is_measured and (value == -1 or _is_code(value)):
        # It is the only negative number. -1 is next to 0, so it must also be far away or more frequent.
        return bool(value != -1 or gap >= _MINUS_ONE_GAP or n_rows >= rest.counts[0])
    if _is_code(value) and not is_measured:
        return gap >= _GRADES_GAP and _are_grades(rest)
    if _is_code(value):
        is_most_frequent = n_rows > rest.counts.max()
        return gap >= (_FREQUENT_CODE_GAP if is_most_frequent else _CODE_GAP)
    return is_measured and rest.is_frequent(n_rows) and gap >= _ANY_GAP


def _is_suspect_zero(n_rows: int, rest: _OtherValues, gap: float) -> bool:
    if rest.values[0] < 0 or len(rest.values) < _MEASURED or n_rows > _ZERO_MOST_SHARE * rest.n_rows:
        return False
    q1, q3 = rest.compute_quantile(0.25), rest.compute_quantile(0.75)
    return gap >= _ZERO_GAP and q1 >= _ZERO_DISTANCE * (q3 - q1)


def _is_suspect_date(value: float, n_rows: int, rest: _OtherValues) -> bool:
    if rest.range == 0 or n_rows < _LEAST_ROWS or len(rest.values) < _MEASURED:
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
    is_whole = bool((rest.values == np.round(rest.values)).all())
    return is_whole and len(rest.values) > 2 and rest.range < 2 * len(rest.values)


def _format_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _format_date(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s")).removesuffix("T00:00:00").replace("T", " ")


def _sort_sentinels(found: Iterable[Sentinel]) -> tuple[Sentinel, ...]:
    return tuple(sorted(found, key=lambda sentinel: (-sentinel.n_rows, sentinel.text)))
