"""The numbers that engineer makes of a text: its length, and weighted sums over its words.

The fitted step and the compiled recipes call the same functions. Weights are whole numbers, so that a sum is
the same in whatever order it is added.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np

# Of a longer text, the rest counts neither as characters nor as words.
LONGEST = 2_000
# The numbers of a text that do not depend on which words it has: whether it is missing, its length in
# characters and in words, and the shares of capital letters and of digits among the characters.
LENGTHS = ("is_null", "characters", "words", "capitals", "digits")
# Scripts without blanks between words, whose characters count as words: Thai, Lao, Burmese, Khmer, Japanese
# kana and Chinese characters.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# So many terms are added at once.
_TERMS_AT_ONCE = 50_000

# The bytes and the hash of each word.
HashedWords = dict[str, tuple[bytes, int]]
Lengths = tuple[int, int, int, float, float]


def split_words(text: str) -> list[str]:
    """Return the words of the first ``LONGEST`` characters of a text, in lower case."""
    return _WORD.findall(text[:LONGEST].lower())


def hash_terms(words: Sequence[str], known: HashedWords) -> set[int]:
    """Return the terms of a text: its different words and pairs of neighbouring words, as 32-bit hashes.

    Parameters
    ----------
    words : sequence of str
        Words in the order of the text.
    known : dict of str to (bytes, int)
        Words that are hashed already; gets those that are not.
    """
    hashed = []
    for word in words:
        if word not in known:
            part = b" " + word.encode()
            known[word] = (part, crc32(part))
        hashed.append(known[word])
    terms = {own for _, own in hashed}
    terms.update(crc32(part, before) for (_, before), (part, _) in pairwise(hashed))
    return terms


class TextNumbers:
    """The numbers of texts: those of ``LENGTHS``, then those of the terms.

    A number of the terms is the sum of the weights of the known terms, divided by the root of the sum of
    their squared inverse document frequencies. This is a linear function of TF-IDF vectors of length 1 in
    which a term counts once, however often the text has it.

    Parameters
    ----------
    terms : sequence of int
        The hashes of the known terms.
    weights : sequence of sequences of int, shape (n_terms, 1 + n_numbers)
        The squared inverse document frequency of each term, then its weight in each number.
    units : sequence of float, shape (1 + n_numbers,)
        The unit of each column of weights.
    offsets : sequence of float, shape (n_numbers,)
        The numbers of a text without a known term.

    Attributes
    ----------
    null : ndarray of shape (n_numbers,)
        The numbers of a null: that it is one, and NaN.
    """

    def __init__(
        self,
        terms: Sequence[int],
        weights: Sequence[Sequence[int]],
        units: Sequence[float],
        offsets: Sequence[float],
    ) -> None:
        self._positions = {term: position for position, term in enumerate(np.asarray(terms).tolist())}
        self._units = np.array(units, dtype=np.float64)
        self._offsets = np.array(offsets, dtype=np.float64)
        self._weights = np.array(weights, dtype=np.int16).reshape(len(terms), len(units))
        self.null = np.full(len(LENGTHS) + len(offsets), np.nan)
        self.null[0] = 1.0

    def __call__(self, strings: Any) -> np.ndarray:
        """Return the numbers of ``Strings``, float64 of shape (n_rows, n_numbers); see ``null`` for nulls."""
        numbers = np.empty((len(strings.values) + 1, len(self.null)))
        numbers[-1] = self.null
        known: HashedWords = {}
        start = 0
        for lengths, positions, counts in self._iterate_blocks(strings.values, known):
            end = start + len(lengths)
            numbers[start:end] = self._compute_numbers(lengths, self._add_weights(positions, counts))
            start = end
        # The code -1 finds the last.
        of_rows: np.ndarray = numbers[strings.codes]
        return of_rows

    def compute_row(self, text: str) -> np.ndarray:
        """Return the numbers of one text, shape (n_numbers,)."""
        words = split_words(text)
        positions = self._find_positions(words, {})
        sums = self._weights.take(positions, axis=0).sum(axis=0, dtype=np.int64)
        (numbers,) = self._compute_numbers([_measure(text, words)], sums[np.newaxis])
        return np.asarray(numbers)

    def _find_positions(self, words: list[str], known: HashedWords) -> list[int]:
        find = self._positions.get
        return [found for term in hash_terms(words, known) if (found := find(term)) is not None]

    def _iterate_blocks(
        self, texts: Sequence[str], known: HashedWords
    ) -> Iterator[tuple[list[Lengths], list[int], list[int]]]:
        """Yield, of some texts at a time, the lengths, the positions of all terms, and their numbers."""
        lengths: list[Lengths] = []
        positions: list[int] = []
        counts: list[int] = []
        for text in texts:
            words = split_words(text)
            found = self._find_positions(words, known)
            lengths.append(_measure(text, words))
            positions += found
            counts.append(len(found))
            if len(positions) >= _TERMS_AT_ONCE:
                yield lengths, positions, counts
                lengths, positions, counts = [], [], []
        if lengths:
            yield lengths, positions, counts

    def _add_weights(self, positions: list[int], counts: list[int]) -> np.ndarray:
        """Return the sums of the weights of each text's terms, int64 of shape (n_texts, 1 + n_numbers)."""
        sums = np.zeros((len(counts), len(self._units)), dtype=np.int64)
        has_terms = np.array(counts) > 0
        if has_terms.any():
            starts = np.cumsum([0, *counts[:-1]])[has_terms]
            sums[has_terms] = np.add.reduceat(
                self._weights.take(positions, axis=0), starts, axis=0, dtype=np.int64
            )
        return sums

    def _compute_numbers(self, lengths: Sequence[Lengths], sums: np.ndarray) -> np.ndarray:
        scaled = sums * self._units
        norms = np.sqrt(scaled[:, :1])
        norms[norms == 0] = 1.0
        numbers = np.empty((len(scaled), len(self.null)))
        numbers[:, : len(LENGTHS)] = lengths
        numbers[:, len(LENGTHS) :] = scaled[:, 1:] / norms + self._offsets
        return numbers


def _measure(text: str, words: list[str]) -> Lengths:
    text = text[:LONGEST]
    n = len(text)
    capitals, digits = (sum(map(is_one, text)) / max(n, 1) for is_one in (str.isupper, str.isdigit))
    return 0, n, len(words), capitals, digits
