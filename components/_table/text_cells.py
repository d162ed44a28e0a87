"""Text cells: the texts of a column, which look at each text once although several readers ask for it."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from components._table.plain_texts import (
    PlainNumbers,
    PlainTexts,
    find_plain,
    parse_dates,
    parse_numbers,
    parse_whole,
    sort_numbers,
)

# The first texts, which suffice for a few categories, and more of them.
_FEW, _SAMPLE = 1_000, 16_000
# Among more texts, those do not repeat of which the first few are nearly all different.
_MOSTLY = 0.95
# Few different texts are read once each: so many of the first few, and of more of them.
_MOST_OF_FEW, _MOST_OF_SAMPLE = 0.7, 0.125


class TextCells:
    """The texts of a column, without nulls, and what is known of them.

    Parameters
    ----------
    texts : StringArray
        The texts.
    """

    def __init__(self, texts: pa.StringArray) -> None:
        self.texts = texts
        self._numbers: PlainNumbers | None = None

    @cached_property
    def plain(self) -> PlainTexts | None:
        """The texts that may be plain numbers or dates; None if they are few."""
        return find_plain(self.texts)

    @cached_property
    def moments(self) -> pa.TimestampArray | None:
        """The times of the plain texts; None if some are not ISO dates in one form."""
        return None if self.plain is None else parse_dates(self.plain.texts)

    @cached_property
    def has_repeats(self) -> bool:
        """Whether most texts occur several times, by the first of them."""
        few = self.texts[:_FEW]
        n_different = len(few.unique())
        if n_different * 2 <= len(few) or n_different > _MOSTLY * len(few):
            return n_different * 2 <= len(few)
        sample = self.texts[:_SAMPLE]
        return len(sample.unique()) * 2 <= len(sample)

    @cached_property
    def has_few(self) -> bool:
        """Whether there are few different texts, by the first of them."""
        return all(
            len(texts.unique()) <= most * len(texts)
            for texts, most in ((self.texts[:_FEW], _MOST_OF_FEW), (self.texts[:_SAMPLE], _MOST_OF_SAMPLE))
        )

    @cached_property
    def encoded(self) -> pa.DictionaryArray:
        """The texts as numbers of the different ones."""
        return self.texts.dictionary_encode()

    def count_different(self) -> pa.Int64Array:
        """Return how often each of the different texts occurs, in the order of ``encoded``."""
        encoded = self.encoded
        counts = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
        return pa.array(counts, pa.int64())

    def sort_numbers(self, plain: PlainTexts) -> PlainNumbers | None:
        """Return the plain texts by the form of their numbers; None if some are not plain numbers."""
        self._numbers = sort_numbers(plain.texts)
        return self._numbers

    def parse_whole(self, plain: PlainTexts) -> pa.Int64Array | None:
        """Return the values of the plain texts; None if some are not whole numbers."""
        known = self._numbers
        return parse_whole(plain.texts) if known is None or known.values is not None else known.integers

    def parse_numbers(self, plain: PlainTexts) -> pa.DoubleArray | None:
        """Return the values of the plain texts; None if some are not numbers, or are too large."""
        known = self._numbers
        return parse_numbers(plain.texts) if known is None or known.values is None else known.values


class CellBatch(NamedTuple):
    """Rows, whose columns of texts are ``TextCells``.

    Attributes
    ----------
    n_rows : int
        How many rows.
    columns : dict of str to pyarrow Array or TextCells
        The cells of each column.
    """

    n_rows: int
    columns: dict[str, pa.Array | TextCells]

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> "CellBatch":
        """Return the rows of a batch."""
        columns = {
            name: TextCells(cells) if pa.types.is_string(cells.type) and not cells.null_count else cells
            for name, cells in zip(batch.schema.names, batch.columns, strict=True)
        }
        return cls(batch.num_rows, columns)
