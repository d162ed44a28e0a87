"""Shape groups: the facts of the texts of each shape, whose digits have the same places, at once."""

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa

from components._readings.facts import ShapeFacts
from components._table.plain_texts import TextBytes

# In a shape each digit is a 9. Other digits of Unicode stay.
_ZERO = ord("0")
_SHAPE_BYTES = np.arange(256, dtype=np.uint8)
_SHAPE_BYTES[_ZERO : ord("9")] = ord("9")
_DIGITS = re.compile("9+")
# Fewer texts are faster one by one.
_FEW_TEXTS = 20
# Mostly, the batches of a table have the same shapes.
_KNOWN_SHAPES = 4_000
# Digits of the longest number that fits 64 bits.
_MOST_DIGITS = 18
Spans = list[tuple[int, int]]


class ShapeGroups:
    """Texts by their shape.

    Parameters
    ----------
    texts : StringArray
        The texts.
    counts : Int64Array
        How often each occurs.

    Attributes
    ----------
    shapes : list of str
        Their shapes.
    """

    def __init__(self, texts: pa.StringArray, counts: pa.Int64Array) -> None:
        self._texts = texts
        self._counts = counts.to_numpy()
        self._bytes = TextBytes.from_texts(texts)
        encoded = self._bytes.replace(_SHAPE_BYTES).dictionary_encode()
        self._codes = encoded.indices.to_numpy()
        self.shapes: list[str] = encoded.dictionary.to_pylist()

    def iterate_facts(self) -> Iterator[tuple[str, ShapeFacts]]:
        """Yield each shape with the facts of its texts."""
        spans = [_find_spans(shape) for shape in self.shapes]
        order = np.argsort(self._codes, kind="stable")
        bounds = np.append(0, np.cumsum(np.bincount(self._codes, minlength=len(self.shapes))))
        is_few = len(order) <= _FEW_TEXTS
        facts = [] if is_few else self._collect_facts([found or [] for found in spans], order, bounds[:-1])
        for i, shape in enumerate(self.shapes):
            if is_few or spans[i] is None:
                yield shape, self._collect_each(order[bounds[i] : bounds[i + 1]])
            else:
                yield shape, facts[i]

    def _collect_each(self, rows: np.ndarray) -> ShapeFacts:
        texts = self._texts.take(pa.array(rows)).to_pylist()
        facts = ShapeFacts.from_text(texts[0], 0)
        for text, n in zip(texts, self._counts[rows].tolist(), strict=True):
            facts.add(text, n)
        return facts

    def _collect_facts(self, spans: list[Spans], order: np.ndarray, firsts: np.ndarray) -> list[ShapeFacts]:
        """Return the facts of each shape.

        Parameters
        ----------
        spans : list
            For each shape, where the digits of its texts are.
        order, firsts : ndarray of int64
            The rows sorted by shape, and where those of each shape begin.
        """
        table = pa.table({"shape": self._codes, "text": self._texts})
        ends = table.group_by("shape", use_threads=False).aggregate([("text", "min"), ("text", "max")])
        ends = ends.sort_by("shape")
        counts = np.add.reduceat(self._counts[order], firsts)
        has_zero = self._find_zeros(spans, order, firsts)
        facts = [
            ShapeFacts(
                n=n,
                first=first,
                last=last,
                largest=[0] * len(places) if _can_be_date(places) else [],
                is_code=zero and places[0][1] - places[0][0] > 1,
                has_zero=zero and places[0][1] - places[0][0] == 1,
            )
            for n, first, last, zero, places in zip(
                counts.tolist(), ends["text_min"].to_pylist(), ends["text_max"].to_pylist(), has_zero, spans,
                strict=True,
            )
        ]  # fmt: skip
        for group in range(max(len(found.largest) for found in facts)):
            places = [
                found[group] if group < len(known.largest) else (0, 0)
                for found, known in zip(spans, facts, strict=True)
            ]
            largest = np.maximum.reduceat(self._read_numbers(places)[order], firsts).tolist()
            for known, number in zip(facts, largest, strict=True):
                if group < len(known.largest):
                    known.largest[group] = number
        return facts

    def _find_zeros(self, spans: list[Spans], order: np.ndarray, firsts: np.ndarray) -> list[bool]:
        """Return for each shape whether the first digit of any of its texts is a zero."""
        places = np.array([found[0][0] if found else -1 for found in spans])[self._codes]
        has_digits = places >= 0
        is_zero = np.zeros(len(self._codes), np.bool_)
        is_zero[has_digits] = self._bytes.data[(self._bytes.starts + places)[has_digits]] == _ZERO
        found: list[bool] = np.logical_or.reduceat(is_zero[order], firsts).tolist()
        return found

    def _read_numbers(self, places: Spans) -> np.ndarray:
        """Return the number between two places in the texts of each shape, for each text."""
        starts, ends = np.array(places, np.int64).T
        lengths = (ends - starts)[self._codes]
        starts = self._bytes.starts + starts[self._codes]
        numbers = np.zeros(len(lengths), np.int64)
        for place in range(lengths.max()):
            rows = np.flatnonzero(lengths > place)
            digits = self._bytes.data[starts[rows] + place] - np.uint8(_ZERO)
            numbers[rows] = numbers[rows] * 10 + digits
        return numbers


@lru_cache(_KNOWN_SHAPES)
def _find_spans(shape: str) -> Spans | None:
    """Return where the digits of a shape are; None if its texts must be read one by one."""
    if not shape.isascii():
        return None
    spans = [match.span() for match in _DIGITS.finditer(shape)]
    return spans if all(end - start <= _MOST_DIGITS for start, end in spans) else None


def _can_be_date(spans: Spans) -> bool:
    return bool(spans) and max(end - start for start, end in spans[:3]) <= len("2026")
