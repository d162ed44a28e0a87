"""Columns that look like identifiers of rows: by their name, or by values that are not there by chance."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from components._table.key_name_words import ENDINGS, FIRST_WORDS, LAST_WORDS, ONLY_WORDS, OWNERS, PERSONS

_LEAST_ROWS = 20
# Least share of distinct values; a few rows may be duplicates.
_UNIQUE_SHARE = 0.95
# Pairs of equal values to expect by chance, at least, before their absence shows a key (its chance: e^-12).
_EXPECTED_COLLISIONS = 12.0
_RANDOM_CODE = 1e9
# Larger whole numbers are not exact as floats.
_MOST_EXACT = 2.0**53
_FREE_TEXT_WORDS = 3
_READ_TEXTS = 500


def _split_name(name: str) -> list[str]:
    """Return the words of a column's name in lower case; ``camelCase`` has two words."""
    spaced = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", name.replace("°", "o "))
    return [word for word in re.split(r"[\W_]+", spaced.casefold()) if word]


def is_key_name(name: str) -> bool:
    """Return whether a column's name says that it identifies rows or their owners."""
    words = _split_name(name)
    if not words:
        # A data frame that is written with its index has a column without a name.
        return True
    if words[0] in _FIRST_WORDS or words[-1] in _LAST_WORDS or words in _ONLY_WORDS:
        return True
    return words[-1].endswith(_ENDINGS) or words[-1] in _OWNER_IDS


def is_owner_name(name: str) -> bool:
    """Return whether a column's name says that it identifies what several rows may belong to."""
    words = _split_name(name)
    return is_key_name(name) or (bool(words) and words[-1] in _PERSONS)


class DistinctNumbers(NamedTuple):
    """The different whole numbers of a column.

    Attributes
    ----------
    n_known : int
        Rows with a finite number.
    n_distinct : int
        Different numbers.
    low, high : float
        The smallest and the largest.
    iterate : callable
        Yields the numbers, each once, in arrays; ascending if it is asked for that.
    """

    n_known: int
    n_distinct: int
    low: float
    high: float
    iterate: Callable[[bool], Iterable[np.ndarray]]


def explain_number_key(name: str, values: np.ndarray) -> str:
    """Return why whole numbers look like an identifier; empty if they do not.

    Parameters
    ----------
    name : str
        The column.
    values : ndarray of shape (n_rows,)
        Its values, NaN for nulls.
    """
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    low, high = (float(distinct[0]), float(distinct[-1])) if distinct.size else (np.nan, np.nan)
    return explain_distinct_numbers(
        name, DistinctNumbers(known.size, distinct.size, low, high, lambda _: [distinct])
    )


def explain_distinct_numbers(name: str, numbers: DistinctNumbers) -> str:
    """Return why whole numbers look like an identifier; empty if they do not."""
    n_known, n_distinct = numbers.n_known, numbers.n_distinct
    if n_known < _LEAST_ROWS or n_distinct < _UNIQUE_SHARE * n_known:
        return ""
    span = numbers.high - numbers.low
    step = _compute_step(numbers) if span < _MOST_EXACT else 1.0
    # Random values repeat least often if they are spread evenly, so this is a lower bound.
    expected = n_known * (n_known - 1) / 2 / (span / step + 1)
    if expected > _EXPECTED_COLLISIONS and n_known - n_distinct <= expected / 4:
        return "its whole numbers follow each other, one for each row"
    if is_key_name(name):
        return "its name is that of a key, and each number has one row"
    is_wide = span >= _RANDOM_CODE and span >= max(abs(numbers.low), abs(numbers.high)) / 2
    if is_wide and _compute_unevenness(numbers) <= max(0.1, 1.36 / np.sqrt(n_distinct)):
        return "its numbers are spread like random codes over more than a billion"
    return ""


def explain_text_key(texts: Sequence[str], n_known: int) -> tuple[str, bool]:
    """Return why texts look like an identifier (empty if they do not), and whether they are sentences.

    Parameters
    ----------
    texts : sequence of str
        The distinct texts, in any order.
    n_known : int
        Rows with a text.
    """
    return explain_distinct_texts(len(texts), n_known, lambda step: sorted(texts)[::step])


def explain_distinct_texts(
    n_distinct: int, n_known: int, choose: Callable[[int], Sequence[str]]
) -> tuple[str, bool]:
    """Return what ``explain_text_key`` returns, of texts that are not in memory.

    Parameters
    ----------
    n_distinct : int
        Different texts.
    n_known : int
        Rows with a text.
    choose : callable
        Returns every n-th of the different texts in their order, from the first.
    """
    if n_known < _LEAST_ROWS or n_distinct < _UNIQUE_SHARE * n_known:
        return "", False
    some = choose(compute_text_step(n_distinct))
    return f"{n_distinct / n_known:.0%} of its texts are different", _have_words(some)


def are_sentences(texts: Sequence[str]) -> bool:
    """Return whether most texts have several words."""
    return _have_words(sorted(texts)[:: compute_text_step(len(texts))])


def _have_words(texts: Sequence[str]) -> bool:
    return bool(np.median([count_words(text) for text in texts]) >= _FREE_TEXT_WORDS)


def compute_text_step(n_texts: int) -> int:
    """Return the n for which every n-th of so many texts, in their order, is enough for ``are_sentences``."""
    return max(1, n_texts // _READ_TEXTS)


def count_words(text: str) -> float:
    """Return the number of words of a text; two characters of a script without blanks count as a word."""
    n_unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + n_unspaced / 2


# Chinese characters, Japanese kana, Thai, Lao, Khmer and Burmese.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_FIRST_WORDS = frozenset(FIRST_WORDS.split())
_LAST_WORDS = frozenset(LAST_WORDS.split())
_ONLY_WORDS = [[word] for word in ONLY_WORDS.split()]
_ENDINGS = tuple(ENDINGS.split())
_PERSONS = frozenset(PERSONS.split())
_OWNER_IDS = frozenset(
    owner + ending for owner in OWNERS.split() for ending in ("id", "no", "nr", "key", "num")
)


def _compute_step(numbers: DistinctNumbers) -> float:
    """Return the largest number that divides all differences; 0 for one number."""
    step = 0
    for values in numbers.iterate(False):
        step = int(np.gcd.reduce((values - numbers.low).astype(np.int64), initial=step))
        if step == 1:
            break
    return float(step)


def _compute_unevenness(numbers: DistinctNumbers) -> float:
    """Return the Kolmogorov-Smirnov distance from a uniform distribution between the ends."""
    start, largest = 0, 0.0
    for values in numbers.iterate(True):
        shares = (values - numbers.low) / (numbers.high - numbers.low)
        places = np.arange(start, start + values.size) / (numbers.n_distinct - 1)
        largest = max(largest, float(np.abs(shares - places).max(initial=0)))
        start += values.size
    return largest
