"""Shape groups: the texts of each shape, whose digits have the same places, at once."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._readings.facts import ShapeFacts
from components._table.plain_texts import TextBytes

# In a shape each digit is a 9. Other digits of Unicode stay.
_SHAPE_BYTES = np.arange(256, dtype=np.uint8)
_SHAPE_BYTES[ord("0") : ord("9")] = ord("9")
_DIGITS = re.compile("9+")
# Fewer texts are faster one by one.
_FEW_TEXTS = 20
# Digits of the longest number that fits 64 bits.
_MOST_DIGITS = 18


class ShapeGroups:
    """Different texts by their shape.

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
        order = np.argsort(self._codes, kind="stable")
        ends = np.cumsum(np.bincount(self._codes, minlength=len(self.shapes)))
        for shape, rows in zip(self.shapes, np.split(order, ends[:-1]), strict=True):
            spans = [match.span() for match in _DIGITS.finditer(shape)]
            is_short = all(end - start <= _MOST_DIGITS for start, end in spans)
            if len(rows) > _FEW_TEXTS and shape.isascii() and is_short:
                yield shape, self._collect_facts(rows, spans)
            else:
                yield shape, self._collect_each(rows)

    def _collect_each(self, rows: np.ndarray) -> ShapeFacts:
        texts = self._texts.take(pa.array(rows)).to_pylist()
        facts = ShapeFacts.from_text(texts[0], 0)
        for text, n in zip(texts, self._counts[rows].tolist(), strict=True):
            facts.add(text, n)
        return facts

    def _collect_facts(self, rows: np.ndarray, spans: list[tuple[int, int]]) -> ShapeFacts:
        ends = pc.min_max(self._texts.take(pa.array(rows))).as_py()
        facts = ShapeFacts.from_text(ends["min"], 0)
        facts.add(ends["max"], int(self._counts[rows].sum()))
        starts = self._bytes.starts[rows].astype(np.int64)
        if facts.largest:
            facts.largest = [int(self._read_numbers(starts, *span).max()) for span in spans]
        if spans:
            start, end = spans[0]
            has_zero = not self._read_numbers(starts, start, start + 1).all()
            facts.is_code = has_zero and end - start > 1
            facts.has_zero = has_zero and end - start == 1
        return facts

    def _read_numbers(self, starts: np.ndarray, start: int, end: int) -> np.ndarray:
        """Return the numbers between two places of the texts that begin at some bytes."""
        numbers = np.zeros(len(starts), np.int64)
        for place in range(start, end):
            numbers = numbers * 10 + (self._bytes.data[starts + place] - np.uint8(ord("0")))
        return numbers
