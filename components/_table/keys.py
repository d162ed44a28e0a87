"""Columns that look like identifiers of rows: by their name, or by values that are not there by chance."""

import re
from collections.abc import Sequence

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
    if known.size < _LEAST_ROWS or distinct.size < _UNIQUE_SHARE * known.size:
        return ""
    span = float(distinct[-1] - distinct[0])
    step = float(np.gcd.reduce(np.diff(distinct).astype(np.int64))) if span < _MOST_EXACT else 1.0
    # Random values repeat least often if they are spread evenly, so this is a lower bound.
    expected = known.size * (known.size - 1) / 2 / (span / step + 1)
    if expected > _EXPECTED_COLLISIONS and known.size - distinct.size <= expected / 4:
        return "its whole numbers follow each other, one for each row"
    if is_key_name(name):
        return "its name is that of a key, and each number has one row"
    is_even = _compute_unevenness(distinct) <= max(0.1, 1.36 / np.sqrt(distinct.size))
    if is_even and span >= _RANDOM_CODE and span >= abs(distinct).max() / 2:
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
    if n_known < _LEAST_ROWS or len(texts) < _UNIQUE_SHARE * n_known:
        return "", False
    return f"{len(texts) / n_known:.0%} of its texts are different", are_sentences(texts)


def are_sentences(texts: Sequence[str]) -> bool:
    """Return whether most texts have several words."""
    some = sorted(texts)[:: max(1, len(texts) // _READ_TEXTS)]
    return bool(np.median([count_words(text) for text in some]) >= _FREE_TEXT_WORDS)


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


def _compute_unevenness(ordered: np.ndarray) -> float:
    """Return the Kolmogorov-Smirnov distance from a uniform distribution between the ends."""
    share = (ordered - ordered[0]) / (ordered[-1] - ordered[0])
    return float(np.abs(share - np.linspace(0, 1, ordered.size)).max())
